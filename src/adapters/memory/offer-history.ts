/** The embedded offer histories: in memory, every change also in `offers.ndjson` so that a restart has them. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LiftgateError } from "../../core/errors.ts";
import type { Subject } from "../../core/domain/offer.ts";
import type { HistoryRead, OfferCommit, OfferHistory } from "../../core/ports.ts";
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
 * Loads what was committed before.
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
  /** Commits on their way to the file: a second call with the same id shares the fate of the first. */
  readonly #underWay = new Map<string, Promise<void>>();
  #closed = false;

  constructor(book: OfferBook, journal: JournalQueue) {
    this.#book = book;
    this.#journal = journal;
  }

  async read(subjects: readonly Subject[]): Promise<readonly HistoryRead[]> {
    this.#refuseIfClosed();
    return subjects.map((subject) => ({ kind: "found", offers: this.#book.read(subject) }));
  }

  /** Counted at once, so that no other commit can pass the cap meanwhile; taken back if it cannot be written. */
  async commit(commit: OfferCommit): Promise<"committed" | "refused"> {
    this.#refuseIfClosed();
    const { decisionId, offer, entries } = commit;
    const outcome = this.#book.commit(commit);
    if (outcome === "refused") return outcome;
    if (outcome === "repeated") {
      await this.#underWay.get(decisionId);
      return "committed";
    }
    const kept = entries.map(({ subject, keepUntilMs }) => ({ ...subject, untilMs: keepUntilMs }));
    const written = this.#append({ did: "commit", decisionId, offer, kept });
    this.#underWay.set(decisionId, written);
    try {
      await written;
    } catch (error) {
      this.#book.undo(
        decisionId,
        entries.map(({ subject }) => subject),
      );
      throw error;
    } finally {
      this.#underWay.delete(decisionId);
    }
    return "committed";
  }

  /** Should it fail to be written, a restart counts the offer again: too many are counted, never too few. */
  async undo(decisionId: string, subjects: readonly Subject[]): Promise<void> {
    this.#refuseIfClosed();
    this.#book.undo(decisionId, subjects);
    await this.#append({ did: "undo", decisionId, subjects: [...subjects] });
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
