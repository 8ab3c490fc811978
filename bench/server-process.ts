/** A server in a process of its own: started, watched while it serves, stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpuMicrosOf, ownBytesOf } from "../test/support/process-usage.ts";
import { pinned } from "./cores.ts";

export interface Launch {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The core it is pinned to, if any. */
  readonly core: number | undefined;
}

const READY_MS = 60_000;
const STOP_MS = 15_000;
/** Servers choose their port and say it, each in its own words. */
const ADDRESS = /https?:\/\/127\.0\.0\.1:\d+/;
const SAID_CHARS_MAX = 4_000;

export class ServerProcess {
  readonly name: string;
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #said: () => string;

  private constructor(name: string, child: ChildProcess, url: string, said: () => string) {
    this.name = name;
    this.#child = child;
    this.url = url;
    this.#said = said;
  }

  /** Resolves when the server said where it listens. Throws with what it printed when it ends before. */
  static async start({ name, command, environment, core }: Launch): Promise<ServerProcess> {
    const [program = "", ...args] = pinned(core, command);
    const child = spawn(program, args, {
      env: { ...process.env, NODE_ENV: "production", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const kill = () => child.kill("SIGKILL");
    process.once("exit", kill);
    child.once("exit", () => process.off("exit", kill));
    const output = listenTo(child);
    const url = await Promise.race([output.address, endOf(child), late()]);
    if (url !== null) return new ServerProcess(name, child, url, output.said);
    child.kill("SIGKILL");
    throw new Error(`the server "${name}" did not start; it said:\n${output.said()}`);
  }

  /** Throws with what it printed last when it is not running any more. */
  assertAlive(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    throw new Error(`the server "${this.name}" ended; it said:\n${this.#said()}`);
  }

  /** Processor time of all its threads since it started, in µs; null where /proc is missing. */
  cpuMicros(): number | null {
    try {
      return cpuMicrosOf(this.#child.pid ?? 0);
    } catch {
      return null;
    }
  }

  /** Memory of its own, in bytes. Linux only. */
  ownBytes(): number {
    return ownBytesOf(this.#child.pid ?? 0);
  }

  /** Asks it to stop; kills it when it does not. */
  async stop(): Promise<"stopped" | "killed"> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return "stopped";
    const ended = once(this.#child, "exit");
    let outcome: "stopped" | "killed" = "stopped";
    const timer = setTimeout(() => {
      outcome = "killed";
      this.#child.kill("SIGKILL");
    }, STOP_MS);
    this.#child.kill("SIGTERM");
    await ended;
    clearTimeout(timer);
    return outcome;
  }
}

interface Output {
  readonly address: Promise<string>;
  /** The last of what it printed. */
  readonly said: () => string;
}

function listenTo(child: ChildProcess): Output {
  let said = "";
  const address = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said = `${said}${text}`.slice(-SAID_CHARS_MAX);
        const found = ADDRESS.exec(said)?.[0];
        if (found !== undefined && said.includes("\n", said.indexOf(found))) resolve(found);
      });
    }
  });
  return { address, said: () => said };
}

async function endOf(child: ChildProcess): Promise<null> {
  await Promise.race([once(child, "exit"), once(child, "error")]);
  return null;
}

function late(): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), READY_MS).unref();
  });
}
