/** The pacing board in Redis: two hashes per account, under keys whose slot is the budget's. */
import type { AccountId } from "../../core/domain/budget.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { BoardDocument, PacingBoard } from "../../core/budget-ports.ts";
import type { RedisConnection } from "./connection.ts";
import { RedisTrouble } from "./trouble.ts";

/** Longer than any month; the board of a year is touched all the time. */
const KEPT_MS = 40 * 86_400_000;

/** KEYS[1] the sums; ARGV: ms to keep them, then name and number in turns. Answers all of them, in turns. */
const ADD = `
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'hash' then return redis.error_reply('WRONGTYPE of the sums') end
for i = 2, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HGETALL', KEYS[1])`;

/** KEYS[1] the documents; ARGV: ms to keep them, name, rank, body. Answers what stands as rank, a space, body. */
const PUBLISH = `
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'hash' then return redis.error_reply('WRONGTYPE of the documents') end
local standing = redis.call('HGET', KEYS[1], ARGV[2])
if standing and tonumber(string.match(standing, '^%d+')) >= tonumber(ARGV[3]) then return standing end
local document = ARGV[3] .. ' ' .. ARGV[4]
redis.call('HSET', KEYS[1], ARGV[2], document)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return document`;

/** Uses the connection and does not own it. */
export class RedisPacingBoard implements PacingBoard {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async add(account: AccountId, sums: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>> {
    const numbers = Object.entries(sums).flat();
    const reply = await this.#call(["eval", ADD, 1, keyOf(account, "sums"), KEPT_MS, ...numbers]);
    if (!Array.isArray(reply)) throw new LiftgateError("ledger_unavailable", "The pacing board answered nonsense");
    const texts = reply.map(String);
    return Object.fromEntries(texts.flatMap((name, i) => (i % 2 === 0 ? [[name, Number(texts[i + 1])] as const] : [])));
  }

  async publish(account: AccountId, { name, rank, body }: BoardDocument): Promise<BoardDocument> {
    const key = keyOf(account, "documents");
    return documentOf(name, await this.#call(["eval", PUBLISH, 1, key, KEPT_MS, name, rank, body]));
  }

  async read(account: AccountId, name: string): Promise<BoardDocument | null> {
    const reply = await this.#call(["hget", keyOf(account, "documents"), name]);
    return reply === null ? null : documentOf(name, reply);
  }

  async close(): Promise<void> {
    // The connection ends with whoever opened it.
  }

  async #call([command, ...values]: readonly [string, ...(string | number)[]]): Promise<unknown> {
    try {
      return await this.#connection.run((redis) => redis.call(command, ...values));
    } catch (error) {
      if (!(error instanceof RedisTrouble)) throw error;
      throw new LiftgateError("ledger_unavailable", `The pacing board cannot be reached: ${error.message}`);
    }
  }
}

function keyOf({ budget, period }: AccountId, part: "sums" | "documents"): string {
  return `liftgate:{${budget}}:pacing:${period}:${part}`;
}

function documentOf(name: string, text: unknown): BoardDocument {
  const [, rank = "", body = ""] = /^(\d+) ([^]*)$/.exec(String(text)) ?? [];
  if (rank === "") throw new LiftgateError("ledger_unavailable", `The pacing board holds no ${name} that can be read`);
  return { name, rank: Number(rank), body };
}
