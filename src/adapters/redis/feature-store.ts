/** Features in Redis: one packed row per user and feature set, under a key whose slot is the user's. */
import { LiftgateError } from "../../core/errors.ts";
import type { FeatureContract } from "../../core/domain/model.ts";
import type { FeatureRead, FeatureRow, FeatureStore } from "../../core/ports.ts";
import { packedBytes, packRow, unpackRow } from "../packed/packed-row.ts";
import type { RedisConnection } from "./connection.ts";
import { RedisTrouble } from "./trouble.ts";
import type { Row } from "./turn-command.ts";
import type { TurnReader } from "./turn-reader.ts";

/** Rows sent together: enough to fill a round trip, few enough that a read behind them is in time. */
const ROWS_PER_WRITE = 64;
/** Nobody decides meanwhile: a bulk load may wait for a busy server. */
const WRITE_ANSWER_MS = 1_000;

/** Uses the connection and its reader and does not own them: other stores share them. */
export class RedisFeatureStore implements FeatureStore {
  readonly #connection: RedisConnection;
  readonly #reader: TurnReader;

  constructor(connection: RedisConnection, reader: TurnReader) {
    this.#connection = connection;
    this.#reader = reader;
  }

  /** Fetches at most one byte more than a right row has: a poisoned value of any size costs no more than a good one. */
  async read(userId: string, contracts: readonly FeatureContract[]): Promise<readonly FeatureRead[]> {
    try {
      const rows = await this.#reader.rows({
        keys: contracts.map((contract) => keyOf(userId, contract)),
        bytesMax: contracts.map((contract) => packedBytes(contract) + 1),
      });
      return rows.map((row, i) => decode(row, contracts[i] as FeatureContract));
    } catch (error) {
      throw unavailable(error);
    }
  }

  async write(rows: readonly FeatureRow[]): Promise<void> {
    const packed = rows.map((row) => ({
      key: keyOf(row.userId, row.contract),
      value: Buffer.from(packRow(row).buffer),
    }));
    for (let start = 0; start < packed.length; start += ROWS_PER_WRITE) {
      await this.#writeTogether(packed.slice(start, start + ROWS_PER_WRITE));
    }
  }

  async forget(userId: string, sets: readonly string[]): Promise<void> {
    if (sets.length === 0) return;
    try {
      await this.#connection.run((redis) => redis.del(sets.map((set) => keyOf(userId, { set }))), WRITE_ANSWER_MS);
    } catch (error) {
      throw unavailable(error);
    }
  }

  async close(): Promise<void> {
    // The connection ends with whoever opened it.
  }

  async #writeTogether(rows: readonly PackedRow[]): Promise<void> {
    try {
      await this.#connection.run(
        (redis) => Promise.all(rows.map(({ key, value }) => redis.set(key, value))),
        WRITE_ANSWER_MS,
      );
    } catch (error) {
      throw unavailable(error);
    }
  }
}

interface PackedRow {
  readonly key: string;
  readonly value: Buffer;
}

function unavailable(error: unknown): unknown {
  if (!(error instanceof RedisTrouble)) return error;
  return new LiftgateError("feature_store_unavailable", `The feature store cannot be reached: ${error.message}`);
}

/** The user is the key's hash tag, so that a cluster keeps all sets of a user on one node. */
function keyOf(userId: string, { set }: Pick<FeatureContract, "set">): string {
  return `liftgate:{${userId}}:features:${set}`;
}

function decode(row: Row, contract: FeatureContract): FeatureRead {
  // A key of another type is a row that cannot be read, not an outage.
  if (row === null) return { kind: "mismatch" };
  if (row.length === 0) return { kind: "missing" };
  return unpackRow(row, contract);
}
