/**
 * Lines on their way into a journal: those that arrive in one turn of the event loop, or while others
 * are written, are written together and share one fate. When most of the file is superseded it is
 * rewritten, between two groups.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { JournalWriter } from "./journal.ts";

/** A shorter file is read in no time: not worth rewriting. */
const LINES_MIN = 10_000;

/** What the file would say if it were written now. */
export interface JournalSource {
  /** Its lines, after letting go of what is not needed any more. */
  readonly count: () => number;
  /** Read while others append: a line under way may be among them, and must bear repetition. */
  readonly lines: () => Iterable<string>;
}

export interface JournalState {
  readonly path: string;
  /** Whole lines, and the bytes they take. */
  readonly lines: number;
  readonly endBytes: number;
  readonly source: JournalSource;
}

interface Group {
  readonly lines: string[];
  readonly fate: PromiseWithResolvers<void>;
}

/** Rewrites the file if it is more than twice as long as need be. */
export async function openJournalQueue({ path, lines, endBytes, source }: JournalState): Promise<JournalQueue> {
  const needed = source.count();
  if (!isLong(lines, needed))
    return new JournalQueue({ path, lines, source }, await JournalWriter.open(path, endBytes));
  const writer = await JournalWriter.replace(path, source.lines());
  return new JournalQueue({ path, lines: needed, source }, writer);
}

export class JournalQueue {
  readonly #path: string;
  readonly #source: JournalSource;
  #writer: JournalWriter;
  /** Lines in the file, and beyond how many it is looked at again. */
  #lines: number;
  #linesMax: number;
  #waiting: Group = emptyGroup();
  #working: Promise<void> | null = null;

  constructor({ path, lines, source }: Omit<JournalState, "endBytes">, writer: JournalWriter) {
    this.#path = path;
    this.#source = source;
    this.#writer = writer;
    this.#lines = lines;
    this.#linesMax = Math.max(LINES_MIN, 2 * lines);
  }

  /** Resolves when the line is in the file; rejects when its group could not be written. */
  append(line: string): Promise<void> {
    this.#waiting.lines.push(line);
    const { promise } = this.#waiting.fate;
    this.#working ??= this.#work();
    return promise;
  }

  /** Writes what waits, then closes the file. Nothing may be appended afterwards. */
  async close(): Promise<void> {
    await this.#working;
    await this.#writer.close();
  }

  async #work(): Promise<void> {
    await nextTurn();
    while (this.#waiting.lines.length > 0) {
      const group = this.#waiting;
      this.#waiting = emptyGroup();
      await this.#write(group);
      if (this.#lines > this.#linesMax) await this.#rewriteIfLong();
    }
    this.#working = null;
  }

  async #write({ lines, fate }: Group): Promise<void> {
    try {
      await this.#writer.append(lines.join(""));
      this.#lines += lines.length;
      fate.resolve();
    } catch (error) {
      fate.reject(error);
    }
  }

  /** A file that cannot be rewritten (a full disk) stays as it is, and is looked at again when it has doubled. */
  async #rewriteIfLong(): Promise<void> {
    try {
      const needed = this.#source.count();
      if (isLong(this.#lines, needed)) await this.#rewrite(needed);
    } catch {
      // Every line is safe where it is, and a full disk says so when it is appended to.
    }
    this.#linesMax = this.#writer.isLinked() ? Math.max(LINES_MIN, 2 * this.#lines) : 0;
  }

  async #rewrite(needed: number): Promise<void> {
    const writer = await JournalWriter.replace(this.#path, this.#source.lines());
    const replaced = this.#writer;
    this.#writer = writer;
    this.#lines = needed;
    await replaced.close();
  }
}

/** Whether most of the file is superseded. */
function isLong(lines: number, needed: number): boolean {
  return lines > 2 * needed;
}

function emptyGroup(): Group {
  return { lines: [], fate: Promise.withResolvers<void>() };
}
