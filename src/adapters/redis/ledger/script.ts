import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** A Lua script that the server knows by its digest, or is told once more when it has forgotten it. */
export class Script {
  readonly #source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.#source = source;
    this.#digest = createHash("sha1").update(source).digest("hex");
  }

  /** Runs it on one key. Scripts run in one turn of the event loop share a round trip. */
  async run(redis: Redis, key: string, ...args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, 1, key, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return await redis.eval(this.#source, 1, key, ...args);
    }
  }
}
