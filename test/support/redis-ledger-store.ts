import type { Redis } from "ioredis";
import { RedisLedger, type RedisLedgerOptions } from "../../src/adapters/redis/ledger/ledger.ts";
import type { LedgerStore } from "./ledger-world.ts";

/** All keys of all accounts, or those that a copy was taken of, are dumped, dropped and put back by the server. */
const SAVE = `
redis.call('DEL', 'copy:' .. ARGV[1])
for _, key in ipairs(redis.call('KEYS', 'liftgate:{' .. ARGV[1] .. '}*')) do
  redis.call('HSET', 'copy:' .. ARGV[1], key, redis.call('DUMP', key))
end`;
const ERASE = `for _, key in ipairs(redis.call('KEYS', 'liftgate:{' .. ARGV[1] .. '}*')) do redis.call('DEL', key) end`;
const REWIND = `${ERASE}
local copy = redis.call('HGETALL', 'copy:' .. ARGV[1])
for i = 1, #copy, 2 do redis.call('RESTORE', copy[i], 0, copy[i + 1]) end`;
/** What the account would say had another run of the server written it. */
const RESTART = `
local key = 'liftgate:{' .. ARGV[1] .. '}:ledger:p'
if redis.call('EXISTS', key) == 1 then redis.call('HSET', key, 'run', 'another') end`;

/** The ledger in Redis, in a world where the server goes back in time. One budget's histories. */
export class RedisLedgerStore extends RedisLedger implements LedgerStore {
  readonly #operator: Redis;
  readonly #budget: string;

  constructor(options: RedisLedgerOptions, operator: Redis, budget: string) {
    super(options);
    this.#operator = operator;
    this.#budget = budget;
  }

  async save() {
    await this.#operator.eval(SAVE, 0, this.#budget);
  }

  async rewind() {
    await this.#operator.eval(REWIND, 0, this.#budget);
  }

  async restore() {
    await this.rewind();
    await this.restart();
  }

  async restart() {
    await this.#operator.eval(RESTART, 0, this.#budget);
  }

  async erase() {
    await this.#operator.eval(ERASE, 0, this.#budget);
  }

  /** Leaves nothing on the server. */
  override async close() {
    await this.erase();
    await this.#operator.del(`copy:${this.#budget}`);
  }
}
