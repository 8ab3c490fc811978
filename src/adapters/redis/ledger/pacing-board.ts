/**
 * The pacing board in Redis, beside the budget's ledger:
 *
 *     liftgate:{<budget>}:pacing:<name>                hash, place → sum, and writer → its last turn
 *     liftgate:{<budget>}:pacing:<name>:epoch:<epoch>  string, the prices
 */
import { invariant, LiftgateError } from "../../../core/errors.ts";
import type { BoardDelta, BoardId, PacingBoard } from "../../../core/ports.ts";
import type { RedisConnection } from "../connection.ts";
import { RedisTrouble } from "../trouble.ts";
import { listFrom } from "./replies.ts";
import { Script } from "./script.ts";

/** Longer than any period, and the period after. */
const BOARD_TTL_MS = 90 * 86_400_000;
const PRICES_TTL_MS = 3_600_000;

/**
 * ARGV: the writer, its turn, how long the board is kept, then places and what is added to each. Answers
 * places and sums in turn. Sums are written with 17 digits: the same double is read back.
 */
const EXCHANGE = new Script(`
local board, writer, turn = KEYS[1], ARGV[1], tonumber(ARGV[2])
local known = redis.call('HGETALL', board)
local sums, last = {}, 0
for i = 1, #known, 2 do
  if known[i] == writer then last = tonumber(known[i + 1])
  elseif not string.find(known[i], '/', 1, true) then sums[known[i]] = known[i + 1] end
end
if turn > last then
  local fields = { writer, ARGV[2] }
  for i = 4, #ARGV, 2 do
    sums[ARGV[i]] = string.format('%.17g', tonumber(sums[ARGV[i]] or 0) + tonumber(ARGV[i + 1]))
  end
  for i = 4, #ARGV, 2 do
    fields[#fields + 1] = ARGV[i]
    fields[#fields + 1] = sums[ARGV[i]]
  end
  for i = 1, #fields, 2 do redis.call('HSET', board, fields[i], fields[i + 1]) end
  redis.call('PEXPIRE', board, ARGV[3])
end
local answer = {}
for place, sum in pairs(sums) do
  answer[#answer + 1] = place
  answer[#answer + 1] = sum
end
return answer`);

/** ARGV: the prices, and how long they are kept. Answers those that came first. */
const PUBLISH = new Script(`
redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
return redis.call('GET', KEYS[1])`);

/** Uses the ledger's connection and does not own it. */
export class RedisPacingBoard implements PacingBoard {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async exchange(id: BoardId, { writer, turn, size, added }: BoardDelta): Promise<Float64Array> {
    for (const [index, amount] of added) {
      invariant(index >= 0 && index < size && Number.isFinite(amount), `a finite amount at a place below ${size}`);
    }
    const args = [`${writer.replica}/${writer.life}`, turn, BOARD_TTL_MS, ...added.flat()];
    const reply = listFrom(await this.#run(EXCHANGE, boardKey(id), args)).map(Number);
    const sums = new Float64Array(size);
    for (let i = 0; i < reply.length; i += 2) {
      const place = reply[i] ?? size;
      invariant(place < size, `all writers agree on a size, not on ${size}`);
      sums[place] = reply[i + 1] ?? 0;
    }
    return sums;
  }

  async publish(id: BoardId, epoch: number, prices: string): Promise<string> {
    return String(await this.#run(PUBLISH, `${boardKey(id)}:epoch:${epoch}`, [prices, PRICES_TTL_MS]));
  }

  async read(id: BoardId, epoch: number): Promise<string | null> {
    return await this.#settled(this.#connection.run((redis) => redis.get(`${boardKey(id)}:epoch:${epoch}`)));
  }

  async #run(script: Script, key: string, args: readonly (string | number)[]): Promise<unknown> {
    return await this.#settled(this.#connection.run((redis) => script.run(redis, key, ...args)));
  }

  async #settled<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof RedisTrouble)) throw error;
      throw new LiftgateError("ledger_unavailable", `The pacing board cannot be reached: ${error.message}`);
    }
  }
}

function boardKey({ budget, name }: BoardId): string {
  return `liftgate:{${budget}}:pacing:${name}`;
}
