/** Offer histories in Redis: one packed value per user or cluster, which goes when nothing in it counts any more. */
import { LiftgateError } from "../../core/errors.ts";
import type { Subject } from "../../core/domain/offer.ts";
import type { HistoryRead, OfferCommit, OfferHistory } from "../../core/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { historyKey, OfferCommitter } from "./offer-committer.ts";
import { UNDO_SCRIPT } from "./offer-scripts.ts";
import { HISTORY_BYTES_MAX, packDecisionId, unpackHistory } from "./packed-history.ts";
import type { RowReader } from "./row-reader.ts";
import { RedisTrouble } from "./trouble.ts";

/** Uses the connection and its reader and does not own them: other stores share them. */
export class RedisOfferHistory implements OfferHistory {
  readonly #connection: RedisConnection;
  readonly #reader: RowReader;
  readonly #committer: OfferCommitter;

  constructor(connection: RedisConnection, reader: RowReader) {
    this.#connection = connection;
    this.#reader = reader;
    this.#committer = new OfferCommitter(connection);
  }

  /** Fetches at most one byte more than the longest history has. */
  async read(subjects: readonly Subject[]): Promise<readonly HistoryRead[]> {
    try {
      const rows = await this.#reader.read(
        subjects.map((subject) => ({ key: historyKey(subject), bytesMax: HISTORY_BYTES_MAX + 1 })),
      );
      // A key of another type is a history that cannot be read, not an outage.
      return rows.map((row) => (row === null ? { kind: "mismatch" } : unpackHistory(row)));
    } catch (error) {
      throw unavailable(error);
    }
  }

  async commit(commit: OfferCommit): Promise<"committed" | "refused"> {
    try {
      const outcome = await this.#committer.commit(commit);
      if (outcome === "mismatch") {
        throw new LiftgateError("cap_store_unavailable", "What Redis holds of the user's past offers cannot be read");
      }
      return outcome === "refused" ? "refused" : "committed";
    } catch (error) {
      throw unavailable(error);
    }
  }

  async undo(decisionId: string, subjects: readonly Subject[]): Promise<void> {
    const keys = subjects.map(historyKey);
    try {
      await this.#connection.run((redis) => UNDO_SCRIPT.run(redis, keys, packDecisionId(decisionId)));
    } catch (error) {
      throw unavailable(error);
    }
  }

  async forget(subject: Subject): Promise<void> {
    try {
      await this.#connection.run((redis) => redis.del(historyKey(subject)));
    } catch (error) {
      throw unavailable(error);
    }
  }

  async close(): Promise<void> {
    // The connection ends with whoever opened it.
  }
}

function unavailable(error: unknown): unknown {
  if (!(error instanceof RedisTrouble)) return error;
  return new LiftgateError("cap_store_unavailable", `The store of past offers cannot be reached: ${error.message}`);
}
