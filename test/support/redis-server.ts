/** A real redis-server of one test: its own process, port and folder; nothing of it outlives the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "./free-port.ts";

/** Another process may take the port between asking for it and listening on it. */
const PORT_TRIES = 20;

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Its working folder. */
  readonly dir: string;
  /** Kills the process and removes its folder. */
  stop(): Promise<void>;
  /** Kills the process; the port then refuses. */
  kill(): Promise<void>;
  /** Kills the process if it runs, and starts a new one on the same port. Data is kept only as `args` say. */
  restart(): Promise<void>;
  /** Stops the process without closing anything: connections open and hang. */
  freeze(): void;
  thaw(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Resolves when the server takes connections. Hand `stop` to `onTestFinished` or `afterAll`, or declare
 * it with `await using`. Should the test process end before, the server ends with it.
 *
 * @param args further redis-server options, such as `["--requirepass", "secret"]`
 */
export async function startRedisServer(args: readonly string[] = []): Promise<RedisServer> {
  const dir = await mkdtemp(join(tmpdir(), "liftgate-redis-"));
  try {
    for (let attempt = 1; attempt <= PORT_TRIES; attempt++) {
      const port = await freePort();
      const child = await launch(port, dir, args);
      if (child !== undefined) return new OwnRedisServer({ child, port, dir, args });
    }
    throw new Error(`redis-server found no free port in ${PORT_TRIES} tries`);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

interface Launched {
  readonly child: ChildProcess;
  readonly port: number;
  readonly dir: string;
  readonly args: readonly string[];
}

class OwnRedisServer implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly #args: readonly string[];
  #child: ChildProcess;

  constructor({ child, port, dir, args }: Launched) {
    this.url = `redis://127.0.0.1:${port}`;
    this.port = port;
    this.dir = dir;
    this.#args = args;
    this.#child = child;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await end(this.#child);
  }

  async restart(): Promise<void> {
    await this.kill();
    const child = await launch(this.port, this.dir, this.#args);
    if (child === undefined) throw new Error(`port ${this.port} was taken while redis-server was down`);
    this.#child = child;
  }

  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The running server, or undefined when the port was taken. */
async function launch(port: number, dir: string, args: readonly string[]): Promise<ChildProcess | undefined> {
  const fixed = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--loglevel", "notice"];
  const child = spawn("redis-server", [...fixed, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const killWithUs = (): void => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", killWithUs);
  child.once("exit", () => process.off("exit", killWithUs));
  const failedToSpawn = once(child, "error").then(([error]) => Promise.reject(error));
  const said = await Promise.race([firstVerdict(child), failedToSpawn]);
  if (said === "ready") return child;
  await end(child);
  if (said === "taken") return undefined;
  throw new Error(
    `redis-server did not start; beyond what it printed above, its log says: ${said === "" ? "nothing" : said}`,
  );
}

/** What its log says first: it takes connections, or why not. */
async function firstVerdict(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("redis-server was started without a log");
  const log = createInterface({ input: child.stdout });
  const lines: string[] = [];
  for await (const line of log) {
    lines.push(line);
    if (/ready to accept connections/i.test(line)) {
      child.stdout.resume();
      return "ready";
    }
    if (/address already in use/i.test(line)) return "taken";
  }
  return lines.join("\n");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
