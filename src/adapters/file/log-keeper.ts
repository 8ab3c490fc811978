/**
 * Keeps what a log leaves behind: pass by pass it compresses sealed segments, deletes what is older than it has to be,
 * and tells how much there is. A pass that ends anywhere, by a crash as well, leaves a log that reads the same.
 */
import { rename, stat, unlink } from "node:fs/promises";
import { cutTornTail, type TornTail } from "./cut-torn-tail.ts";
import type { Sealing } from "./seal-segment.ts";
import { inForm, listLogFiles, type LogFile, type LogKind, SEGMENT_SPAN_MS } from "./segment-name.ts";

/** A reader lists a directory and opens what it found in far less, so that it never misses both copies of a segment. */
const PASS_INTERVAL_MS = 60_000;

/** What is on the disk. */
export interface LogExtent {
  readonly bytes: number;
  /** null: there is nothing. */
  readonly oldestMs: number | null;
  /** Segments with lines that are no records. */
  readonly damaged: number;
}

/** What a keeper tells metrics and the operators' log. */
export interface KeeperObserver {
  measured(extent: LogExtent): void;
  cutOff(tail: TornTail): void;
  sealed(path: string, sealing: Sealing): void;
  deleted(path: string): void;
  /** Something of a pass could not be done; the next one tries again. */
  failed(cause: unknown): void;
}

export interface LogKeeperOptions {
  readonly kind: LogKind;
  readonly directory: string;
  /** Whether this process may still write to the file. */
  readonly isOpen: (path: string) => boolean;
  /** Segments whose every record is older go; null: none. */
  readonly retentionMs: number | null;
  /** Nothing that began later goes, whatever its age: somebody needs it. */
  readonly neededSinceMs: () => number;
  readonly seal: (path: string, signal: AbortSignal) => Promise<Sealing>;
  readonly timer: { after(delayMs: number, callback: () => void): () => void };
  /** Wall clock. */
  readonly clock: () => number;
  readonly observer: KeeperObserver;
}

export class LogKeeper {
  readonly #options: LogKeeperOptions;
  readonly #stopping = new AbortController();
  #cancel: () => void = () => undefined;
  #passing: Promise<void> = Promise.resolve();

  constructor(options: LogKeeperOptions) {
    this.#options = options;
  }

  /** The first pass at once, each other one after a pause. */
  start(): void {
    this.#passing = this.#passAndPause();
  }

  /** Ends a pass where it is. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#cancel();
    await this.#passing;
  }

  /** One pass over the log. */
  async pass(): Promise<void> {
    await this.#attempt(async () => {
      const files = await listLogFiles(this.#options.directory, this.#options.kind);
      for (const file of files) {
        if (this.#stopping.signal.aborted) return;
        await this.#attempt(() => this.#keep(file));
      }
      await this.#measure();
    });
  }

  async #passAndPause(): Promise<void> {
    await this.pass();
    if (this.#stopping.signal.aborted) return;
    this.#cancel = this.#options.timer.after(PASS_INTERVAL_MS, () => this.start());
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (cause) {
      if (!this.#stopping.signal.aborted) this.#options.observer.failed(cause);
    }
  }

  async #keep(file: LogFile): Promise<void> {
    const { isOpen, observer } = this.#options;
    if (isOpen(file.path)) return;
    if (this.#isOver(file)) {
      await unlink(file.path);
      observer.deleted(file.path);
    } else if (file.kept === "plain") {
      await this.#seal(file.path);
    }
  }

  async #seal(path: string): Promise<void> {
    const { seal, observer } = this.#options;
    // This process cut off what it did not acknowledge, unless the disk did not let it.
    const { wholeBytes, tornBytes } = await cutTornTail(path);
    if (tornBytes > 0) observer.cutOff({ path, bytes: tornBytes });
    if (wholeBytes === 0) return;
    const sealing = await seal(path, this.#stopping.signal);
    if (sealing.kind === "confirmed") await unlink(path);
    if (sealing.kind === "damaged") await rename(path, inForm(path, "damaged"));
    observer.sealed(path, sealing);
  }

  /** Whether the last record that the segment can hold is older than anybody wants. */
  #isOver({ startMs }: LogFile): boolean {
    const { retentionMs, neededSinceMs, clock } = this.#options;
    if (retentionMs === null) return false;
    return startMs + SEGMENT_SPAN_MS < Math.min(clock() - retentionMs, neededSinceMs());
  }

  async #measure(): Promise<void> {
    const files = await listLogFiles(this.#options.directory, this.#options.kind);
    let bytes = 0;
    // One after the other: the log's own writes wait for the same threads.
    for (const { path } of files) bytes += (await stat(path)).size;
    this.#options.observer.measured({
      bytes,
      oldestMs: files[0]?.startMs ?? null,
      damaged: files.filter(({ kept }) => kept === "damaged").length,
    });
  }
}
