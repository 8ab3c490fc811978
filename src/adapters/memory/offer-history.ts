/**
 * The embedded offer histories: in memory, every offer also in `offers.ndjson` so that a restart has them. Places
 * are not written: an offer is, before anybody hears of it.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LiftgateError } from "../../core/errors.ts";
import type { KeptOffer, Place, Subject } from "../../core/domain/offer.ts";
import type { HistoryRead, OfferHistory } from "../../core/ports.ts";
import { type LoadProgress, readJournal } from "./journal.ts";
import { type JournalQueue, openJournalQueue } from "./journal-queue.ts";
import { OfferBook } from "./offer-book.ts";
import { OFFER_LINE, offerLine, type OfferLine } from "./offer-journal.ts";

const FILE_NAME = "offers.ndjson";

export interface EmbeddedOfferHistoryOptions {
  /** Made if it does not exist. One process at a time. */
  readonly dataDir: string;
  readonly onProgress?: LoadProgress;
}

/**
 * Loads what was offered before.
 *
 * @throws Error naming the line when the file is damaged
 */
export async function openEmbeddedOfferHistory({
  dataDir,
  onProgress,
}: EmbeddedOfferHistoryOptions): Promise<OfferHistory> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, FILE_NAME);
  const book = new OfferBook();
  const read = await readJournal(path, { form: OFFER_LINE, onEntry: (line) => book.replay(line), onProgress });
  const source = { count: () => book.sweep(), lines: () => linesOf(book) };
  return new EmbeddedOfferHistory(book, await openJournalQueue({ path, ...read, source }));
}

class EmbeddedOfferHistory implements OfferHistory {
  readonly #book: OfferBook;
  readonly #journal: JournalQueue;
  #closed = false;

  constructor(book: OfferBook, journal: JournalQueue) {
    this.#book = book;
    this.#journal = journal;
  }

  async read(subjects: readonly Subject[]): Promise<readonly HistoryRead[]> {
    this.#refuseIfClosed();
    return subjects.map((subject) => ({ kind: "found", history: this.#book.read(subject) }));
  }

  async take(place: Place, subjects: readonly Subject[], atMs: number): Promise<readonly HistoryRead[]> {
    this.#refuseIfClosed();
    return this.#book.take(place, subjects, atMs).map((history) => ({ kind: "found", history }));
  }

  async give(offer: KeptOffer, subjects: readonly Subject[]): Promise<void> {
    this.#refuseIfClosed();
    this.#book.give(offer, subjects);
    const { keepUntilMs, decisionId, ...told } = offer;
    await this.#append({ did: "offer", decisionId, offer: told, keepUntilMs, subjects });
  }

  leave(decisionId: string, subjects: readonly Subject[]): void {
    this.#book.leave(decisionId, subjects);
  }

  /** Should this fail to be written, a restart counts the offer again: too many, never too few. */
  async takeBack(decisionId: string, subjects: readonly Subject[]): Promise<void> {
    this.#refuseIfClosed();
    this.#book.takeBack(decisionId, subjects);
    await this.#append({ did: "take back", decisionId, subjects });
  }

  async forget(subject: Subject): Promise<void> {
    this.#refuseIfClosed();
    this.#book.forget(subject);
    await this.#append({ did: "forget", subject });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#journal.close();
  }

  async #append(line: OfferLine): Promise<void> {
    try {
      await this.#journal.append(offerLine(line));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "an unknown failure";
      throw new LiftgateError("cap_store_unavailable", `${FILE_NAME} cannot be written: ${code}`);
    }
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new LiftgateError("cap_store_unavailable", "The store of past offers is closed");
  }
}

function* linesOf(book: OfferBook): Generator<string> {
  for (const line of book.lines()) yield offerLine(line);
}
