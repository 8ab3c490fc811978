/**
 * Follows one log and ships it to one sink, at least once and in order.
 *
 * - The place up to which the sink confirmed is saved after it did, never before: a crash repeats records, it loses
 *   none.
 * - Nobody waits for it: it reads files, in small stretches with pauses between, and is behind while the sink is down.
 */
import type { FollowedLog, LogPlace, LogSink, LogStretch, PlaceStore, SkippedPart } from "../../core/shipping-ports.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { Timer } from "../budget/budget-holder.ts";

/** Some 100 records, which hold the thread that decides for some 2 ms; far below what Kafka takes at once by default. */
const STRETCH_BYTES = 128 * 1024;
/** A backlog is worked off at 25 MiB a second at most: twice what a replica logs at its peak, and decisions go between. */
const PAUSE_MS = 5;
/** How late a record may be for having nothing else to wait for. */
const POLL_MS = 250;
/** After the first failure, the second, …; the last stays. */
const RETRY_MS = [250, 500, 1_000, 2_000, 5_000] as const;
/** A crash repeats at most what was shipped in so long. */
const SAVE_INTERVAL_MS = 1_000;
/** What is left at the end has so long to be shipped; the next start goes on with the rest. */
const FLUSH_MS = 3_000;
const LATE = "No answer in the time there is at the end; what is left is shipped after the next start";

export interface ShippingObserver {
  shipped(records: number): void;
  skipped(part: SkippedPart): void;
  /** Nothing was lost: it is tried again. */
  failed(cause: unknown): void;
}

export interface ShipperOptions {
  readonly log: FollowedLog;
  readonly sink: LogSink;
  readonly places: PlaceStore;
  readonly timer: Timer;
  /** Wall clock: tells the age of records. */
  readonly nowMs: () => number;
  readonly observer: ShippingObserver;
}

type Outcome = "more" | "done" | "failed";

export class Shipper {
  readonly #options: ShipperOptions;
  #confirmed: LogPlace | null = null;
  #saved: LogPlace | null = null;
  #savedAtMs = Number.NEGATIVE_INFINITY;
  /** Read and not confirmed: what a failure leaves to be sent again. */
  #stretch: LogStretch | null = null;
  /** When the oldest record that may be unconfirmed was written; null after everything was. */
  #oldestMs: number | null = null;
  #failuresInRow = 0;
  #turn: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #state: "open" | "closing" | "closed" = "open";

  constructor(options: ShipperOptions) {
    this.#options = options;
  }

  /** Goes on where it was saved. Throws when the saved place cannot be read. */
  async start(): Promise<void> {
    this.#saved = await this.#options.places.load();
    this.#confirmed = this.#saved;
    this.#next(0);
  }

  /** What was not confirmed. Throws `log_unavailable`. */
  backlogBytes(): Promise<number> {
    return this.#options.log.bytesAfter(this.#confirmed);
  }

  /** How long ago the oldest record that was not confirmed was written; 0 when there is none. */
  backlogAgeMs(): number {
    return this.#oldestMs === null ? 0 : Math.max(0, this.#options.nowMs() - this.#oldestMs);
  }

  /** Segments that began before, in ms since 1970 by their names, were shipped, whatever happens now. */
  neededSinceMs(): number {
    return this.#options.log.neededSinceMs(this.#saved);
  }

  /** Ships what is left, within 3 s, and saves the place. The sink stays open: others may ship to it. */
  async close(): Promise<void> {
    this.#state = "closing";
    this.#cancel();
    const timeUp = Promise.withResolvers<"late">();
    const callOff = this.#options.timer.after(FLUSH_MS, () => timeUp.resolve("late"));
    const end = await Promise.race([this.#finish(), timeUp.promise]);
    callOff();
    this.#state = "closed";
    if (end === "late") this.#options.observer.failed(new LiftgateError("sink_unavailable", LATE));
  }

  #next(delayMs: number): void {
    this.#cancel = this.#options.timer.after(delayMs, () => {
      this.#turn = this.#takeTurn();
    });
  }

  async #takeTurn(): Promise<void> {
    const outcome = await this.#ship();
    if (this.#state === "open") this.#next(this.#delayMs(outcome));
  }

  #delayMs(outcome: Outcome): number {
    if (outcome === "more") return PAUSE_MS;
    if (outcome === "done") return POLL_MS;
    return RETRY_MS[Math.min(this.#failuresInRow, RETRY_MS.length) - 1] ?? POLL_MS;
  }

  /** The first failure ends it: a sink that is down now is not waited for. */
  async #finish(): Promise<void> {
    await this.#turn;
    let outcome: Outcome = "more";
    while (outcome === "more" && this.#state === "closing") outcome = await this.#ship();
    await this.#save().catch((cause: unknown) => this.#options.observer.failed(cause));
  }

  async #ship(): Promise<Outcome> {
    try {
      const stretch = (this.#stretch ??= await this.#options.log.read(this.#confirmed, STRETCH_BYTES));
      this.#oldestMs = stretch.startMs ?? this.#oldestMs;
      if (stretch.records.length > 0) await this.#options.sink.send(stretch.records);
      this.#confirm(stretch);
      if (this.#options.timer.now() - this.#savedAtMs >= SAVE_INTERVAL_MS) await this.#save();
      this.#failuresInRow = 0;
      return stretch.hasMore ? "more" : "done";
    } catch (cause) {
      // Nobody is told of what was given up.
      if (this.#state === "closed") return "failed";
      this.#failuresInRow += 1;
      this.#oldestMs ??= this.#options.nowMs();
      this.#options.observer.failed(cause);
      return "failed";
    }
  }

  #confirm({ records, skipped, end, hasMore }: LogStretch): void {
    this.#confirmed = end;
    this.#stretch = null;
    if (!hasMore) this.#oldestMs = null;
    if (records.length > 0) this.#options.observer.shipped(records.length);
    for (const part of skipped) this.#options.observer.skipped(part);
  }

  async #save(): Promise<void> {
    const place = this.#confirmed;
    if (place === null || isSame(place, this.#saved)) return;
    await this.#options.places.save(place);
    this.#saved = place;
    this.#savedAtMs = this.#options.timer.now();
  }
}

function isSame(a: LogPlace, b: LogPlace | null): boolean {
  return a.segment === b?.segment && a.offsetBytes === b.offsetBytes;
}
