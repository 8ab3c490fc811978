/** Features in Redis: one packed row per user and feature set, under a key whose slot is the user's. */
import type { Redis } from "ioredis";
import { LiftgateError } from "../../core/errors.ts";
import type { FeatureContract } from "../../core/domain/model.ts";
import type { FeatureRead, FeatureRow, FeatureStore } from "../../core/ports.ts";
import { packedBytes, packRow, unpackRow } from "../packed/packed-row.ts";
import type { RedisConnection } from "./connection.ts";
import { replyCode, RedisTrouble } from "./trouble.ts";

/** Rows sent together: enough to fill a round trip, few enough that a read behind them is in time. */
const ROWS_PER_WRITE = 64;
/** Nobody decides meanwhile: a bulk load may wait for a busy server. */
const WRITE_ANSWER_MS = 1_000;

/** Uses the connection and does not own it: other stores share it. */
export class RedisFeatureStore implements FeatureStore {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async read(userId: string, contracts: readonly FeatureContract[]): Promise<readonly FeatureRead[]> {
    const stored = await this.#run((redis) =>
      Promise.all(contracts.map((contract) => readRow(redis, userId, contract))),
    );
    return stored.map((row, i) => decode(row, contracts[i] as FeatureContract));
  }

  async write(rows: readonly FeatureRow[]): Promise<void> {
    const packed = rows.map((row) => ({
      key: keyOf(row.userId, row.contract),
      value: Buffer.from(packRow(row).buffer),
    }));
    for (let start = 0; start < packed.length; start += ROWS_PER_WRITE) {
      const together = packed.slice(start, start + ROWS_PER_WRITE);
      await this.#run((redis) => Promise.all(together.map(({ key, value }) => redis.set(key, value))), WRITE_ANSWER_MS);
    }
  }

  async close(): Promise<void> {
    // The connection ends with whoever opened it.
  }

  async #run<T>(commands: (redis: Redis) => Promise<T>, timeoutMs?: number): Promise<T> {
    try {
      return await this.#connection.run(commands, timeoutMs);
    } catch (error) {
      if (!(error instanceof RedisTrouble)) throw error;
      throw new LiftgateError("feature_store_unavailable", `The feature store cannot be reached: ${error.message}`);
    }
  }
}

/** Commands on one slot, so that a cluster answers all sets of a user from one node. */
function keyOf(userId: string, contract: FeatureContract): string {
  return `liftgate:{${userId}}:features:${contract.set}`;
}

/**
 * The stored bytes, at most one more than a right row has: a poisoned value of any size costs no more
 * than a good one. A key of another type is a row that cannot be read, not an outage.
 */
async function readRow(redis: Redis, userId: string, contract: FeatureContract): Promise<Buffer | "unreadable"> {
  try {
    return await redis.getrangeBuffer(keyOf(userId, contract), 0, packedBytes(contract));
  } catch (error) {
    if (replyCode(error) === "WRONGTYPE") return "unreadable";
    throw error;
  }
}

function decode(stored: Buffer | "unreadable", contract: FeatureContract): FeatureRead {
  if (stored === "unreadable") return { kind: "mismatch" };
  // GETRANGE answers a key that does not exist with no bytes.
  if (stored.length === 0) return { kind: "missing" };
  return unpackRow(stored, contract);
}
