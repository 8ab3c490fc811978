/**
 * Lines on their way into a journal: those that arrive in one turn of the event loop, or while others
 * are written, are written together and share one fate. When most of the file is superseded it is
 * rewritten, between two groups.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { JournalWriter } from "./journal.ts";

/** A shorter file is read in no time: not worth rewriting. */
const LINES_MIN = 10_000;

export interface JournalState {
  readonly path: string;
  /** Whole lines, and the bytes they take. */
  readonly lines: number;
  readonly endBytes: number;
  /** What the file would be if it were written now. Lines under way may be in it: they must bear repetition. */
  readonly snapshot: () => readonly string[];
}

interface Group {
  readonly lines: string[];
  readonly fate: PromiseWithResolvers<void>;
}

/** Rewrites the file if it is more than twice as long as need be. */
export async function openJournalQueue({ path, lines, endBytes, snapshot }: JournalState): Promise<JournalQueue> {
  const needed = snapshot();
  if (lines <= 2 * needed.length)
    return new JournalQueue({ path, lines, snapshot }, await JournalWriter.open(path, endBytes));
  const writer = await JournalWriter.replace(path, needed);
  return new JournalQueue({ path, lines: needed.length, snapshot }, writer);
}

export class JournalQueue {
  readonly #path: string;
  readonly #snapshot: () => readonly string[];
  #writer: JournalWriter;
  /** Lines in the file, and how many of them make it worth rewriting. */
  #lines: number;
  #linesMax: number;
  #waiting: Group = emptyGroup();
  #working: Promise<void> | null = null;

  constructor({ path, lines, snapshot }: Omit<JournalState, "endBytes">, writer: JournalWriter) {
    this.#path = path;
    this.#snapshot = snapshot;
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
      if (this.#lines > this.#linesMax) await this.#rewrite();
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

  /** A file that cannot be rewritten (a full disk) stays as it is, and is tried again when it has doubled. */
  async #rewrite(): Promise<void> {
    try {
      const needed = this.#snapshot();
      const writer = await JournalWriter.replace(this.#path, needed);
      const replaced = this.#writer;
      this.#writer = writer;
      this.#lines = needed.length;
      await replaced.close();
    } catch {
      // Every line is safe where it is, and a full disk says so when it is appended to.
    }
    this.#linesMax = this.#writer.isLinked() ? Math.max(LINES_MIN, 2 * this.#lines) : 0;
  }
}

function emptyGroup(): Group {
  return { lines: [], fate: Promise.withResolvers<void>() };
}
