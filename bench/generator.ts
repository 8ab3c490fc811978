/** The load generator's process, seen from the bench. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type LoadJob, LoadResult } from "./load-job.ts";

const PROGRAM = fileURLToPath(new URL("load.ts", import.meta.url));

export class Generator {
  readonly #child: ChildProcess = fork(PROGRAM, { serialization: "advanced" });

  constructor() {
    const kill = () => this.#child.kill("SIGKILL");
    process.once("exit", kill);
    this.#child.once("exit", () => process.off("exit", kill));
  }

  /** Runs one job. Throws when the generator ended. */
  async fire(job: LoadJob): Promise<LoadResult> {
    const answered = new AbortController();
    const { signal } = answered;
    this.#child.send(job);
    try {
      const [message] = await Promise.race([
        once(this.#child, "message", { signal }),
        once(this.#child, "exit", { signal }).then(() => Promise.reject(new Error("the load generator ended"))),
      ]);
      return LoadResult.parse(message);
    } finally {
      answered.abort();
    }
  }

  stop(): void {
    this.#child.disconnect();
  }
}
