/**
 * The embedded offer histories: in memory, every offer also in `offers.ndjson` so that a restart has them. Places
 * are not written: an offer is, before anybody hears of it.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LiftgateError } from "../../core/errors.ts";
import type { Place, Subject } from "../../core/domain/offer.ts";
import type { HistoryRead, OfferHistory, Settlement } from "../../core/ports.ts";
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
    return this.#found(subjects);
  }

  async take(place: Place, subjects: readonly Subject[]): Promise<readonly HistoryRead[]> {
    const found = this.#found(subjects);
    this.#book.take(place, subjects);
    return found;
  }

  /** Should the end of an offer fail to be written, a restart counts it again: too many, never too few. */
  async settle({ decisionId, offer, subjects, atMs }: Settlement): Promise<void> {
    this.#refuseIfClosed();
    if (offer !== null) {
      const { keepUntilMs, decisionId: _, ...told } = offer;
      this.#book.add(offer, subjects);
      await this.#append({ did: "offer", decisionId, offer: told, keepUntilMs, subjects });
    } else if (this.#book.leave(decisionId, subjects, atMs)) {
      await this.#append({ did: "take back", decisionId, subjects });
    }
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

  #found(subjects: readonly Subject[]): readonly HistoryRead[] {
    this.#refuseIfClosed();
    return subjects.map((subject) => ({ kind: "found", history: this.#book.read(subject) }));
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
