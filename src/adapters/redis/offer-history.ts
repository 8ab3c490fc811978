/** Offer histories in Redis: one hash per user or cluster, which goes when nothing in it counts any more. */
import { LiftgateError } from "../../core/errors.ts";
import type { Place, Subject } from "../../core/domain/offer.ts";
import type { HistoryRead, OfferHistory, Settlement } from "../../core/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { entryText, historyIn, historyKey, placeText } from "./history-entry.ts";
import { RedisTrouble } from "./trouble.ts";
import type { HistoryReply } from "./turn-command.ts";
import type { TurnReader } from "./turn-reader.ts";

/** Uses the connection and its reader and does not own them: other stores share them. */
export class RedisOfferHistory implements OfferHistory {
  readonly #connection: RedisConnection;
  readonly #reader: TurnReader;

  constructor(connection: RedisConnection, reader: TurnReader) {
    this.#connection = connection;
    this.#reader = reader;
  }

  read(subjects: readonly Subject[]): Promise<readonly HistoryRead[]> {
    return this.#read(subjects, "");
  }

  take(place: Place, subjects: readonly Subject[], atMs: number): Promise<readonly HistoryRead[]> {
    return this.#read(subjects, entryText(place, placeText(place), atMs));
  }

  /** Never fails, and is not in Redis yet: meanwhile the place counts for the offer. */
  settle(settlement: Settlement): Promise<void> {
    this.#reader.settlements.add(settlement);
    return SETTLED;
  }

  async forget(subject: Subject): Promise<void> {
    const key = historyKey(subject);
    await this.#reader.settlements.forget(subject);
    try {
      await this.#connection.run((redis) => redis.del(key));
    } catch (error) {
      refuse(error);
    }
  }

  /** The connection ends with whoever opened it. */
  async close(): Promise<void> {
    await this.#reader.settlements.close();
  }

  #read(subjects: readonly Subject[], place: string): Promise<readonly HistoryRead[]> {
    const calls = { keys: subjects.map(historyKey), places: subjects.map(() => place) };
    return this.#reader.histories(calls).then(historiesOf, refuse);
  }
}

const SETTLED = Promise.resolve();

function historiesOf(replies: readonly HistoryReply[]): readonly HistoryRead[] {
  return replies.map(historyOf);
}

function historyOf(reply: HistoryReply): HistoryRead {
  // A key of another type is a history that cannot be read, not an outage.
  if (reply === null) return { kind: "mismatch" };
  if (reply instanceof Error) return refuse(new RedisTrouble(`Redis replied ${codeOf(reply)}`, "refused"));
  return historyIn(reply);
}

function codeOf({ message }: Error): string {
  return /^[A-Z]+/.exec(message)?.[0] ?? "ERR";
}

/** @throws LiftgateError `cap_store_unavailable`, or what is no trouble of Redis */
function refuse(error: unknown): never {
  if (!(error instanceof RedisTrouble)) throw error;
  throw new LiftgateError("cap_store_unavailable", `The store of past offers cannot be reached: ${error.message}`);
}
