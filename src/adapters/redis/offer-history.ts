/** Offer histories in Redis; see `history-entry.ts`. A history goes when nothing in it counts any more. */
import { LiftgateError } from "../../core/errors.ts";
import type { KeptOffer, Place, Subject } from "../../core/domain/offer.ts";
import type { HistoryRead, OfferHistory } from "../../core/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { historyIn, historyKey, PLACES_KEY, placeLine, subjectName } from "./history-entry.ts";
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
    return this.#reader.histories({ asked: subjects.map(subjectName), atMs: 0 }, historyOf, refuse);
  }

  take(place: Place, subjects: readonly Subject[], atMs: number): Promise<readonly HistoryRead[]> {
    const line = placeLine(place);
    const asked = subjects.map((subject) => `${subjectName(subject)} ${line}`);
    return this.#reader.histories({ asked, atMs }, historyOf, refuse);
  }

  /** Never fails, and is not in Redis yet: meanwhile the place counts for the offer. */
  give(offer: KeptOffer, subjects: readonly Subject[]): Promise<void> {
    this.#reader.settlements.give(offer, subjects);
    return SETTLED;
  }

  leave(decisionId: string, subjects: readonly Subject[]): void {
    this.#reader.settlements.leave(decisionId, subjects);
  }

  takeBack(decisionId: string, subjects: readonly Subject[]): Promise<void> {
    this.#reader.settlements.takeBack(decisionId, subjects);
    return SETTLED;
  }

  async forget(subject: Subject): Promise<void> {
    await this.#reader.settlements.forget(subject);
    try {
      await this.#connection.run((redis) =>
        Promise.all([redis.del(historyKey(subject)), redis.hdel(PLACES_KEY, subjectName(subject))]),
      );
    } catch (error) {
      refuse(error);
    }
  }

  /** The connection ends with whoever opened it. */
  async close(): Promise<void> {
    await this.#reader.settlements.close();
  }
}

const SETTLED = Promise.resolve();

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
