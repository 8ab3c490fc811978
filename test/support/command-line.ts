/** The command line as users run it: `node src/main.ts …` in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

export interface Ending {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class CommandLine {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #isClosed = false;
  #stdout = "";
  #stderr = "";

  /**
   * @param environment nothing else of this process's environment is passed on
   * @param wrapper a command that runs the command line, such as a tracer
   */
  constructor(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    wrapper: readonly string[] = [],
  ) {
    const [program = "", ...rest] = [...wrapper, process.execPath, MAIN, ...args];
    this.#child = spawn(program, rest, {
      cwd: REPOSITORY,
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const kill = () => this.#child.kill("SIGKILL");
    process.once("exit", kill);
    this.#closed = once(this.#child, "close").finally(() => {
      this.#isClosed = true;
      process.off("exit", kill);
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
  }

  /** The first match in what it prints; throws when it ends without. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#stdout);
      if (found !== null) return found;
      if (this.#isClosed || this.#child.stdout === null)
        throw new Error(`it ended first: ${this.#stdout}${this.#stderr}`);
      await Promise.race([once(this.#child.stdout, "data"), this.#closed]);
    }
  }

  /** What it printed so far. */
  get said(): string {
    return this.#stdout;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async ended(): Promise<Ending> {
    await this.#closed;
    return { code: this.#child.exitCode, stdout: this.#stdout, stderr: this.#stderr };
  }
}

/** Runs a command to its end. */
export function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ending> {
  return new CommandLine(args, environment).ended();
}
