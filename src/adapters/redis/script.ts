import { createHash } from "node:crypto";
import { Command, type Redis } from "ioredis";
import { invariant } from "../../core/errors.ts";

type Argument = string | number | Buffer;

/** A Lua script that the server knows by its digest, or is told once more when it has forgotten it. */
export class Script {
  readonly #source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.#source = source;
    this.#digest = createHash("sha1").update(source).digest("hex");
  }

  /** Runs it on these keys. Text in the answer is text. */
  async run(redis: Redis, keys: readonly string[], ...args: readonly Argument[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isForgotten(error)) throw error;
      return await redis.eval(this.#source, keys.length, ...keys, ...args);
    }
  }

  /** Runs it on these keys, at once. What it returns is a text, here as bytes. */
  async runForBytes(redis: Redis, keys: readonly string[], ...args: readonly Argument[]): Promise<Buffer> {
    const operands = [keys.length, ...keys, ...args];
    try {
      return bytesOf(await redis.sendCommand(new Command("evalsha", [this.#digest, ...operands], BYTES)));
    } catch (error) {
      if (!isForgotten(error)) throw error;
      return bytesOf(await redis.sendCommand(new Command("eval", [this.#source, ...operands], BYTES)));
    }
  }
}

const BYTES = { replyEncoding: null } as const;

function bytesOf(reply: unknown): Buffer {
  invariant(Buffer.isBuffer(reply), "the script returns a text");
  return reply;
}

function isForgotten(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
