/** One shipper on real files, with time and a sink that a test holds in its hands. */
import { join } from "node:path";
import { openLiveSegments } from "../../src/adapters/file/live-segments.ts";
import { LogFollower } from "../../src/adapters/file/log-follower.ts";
import { FilePlaceStore } from "../../src/adapters/file/shipping-places.ts";
import type { LogSink, ShippedRecord, SkippedPart } from "../../src/core/shipping-ports.ts";
import { LiftgateError } from "../../src/core/errors.ts";
import type { Timer } from "../../src/service/budget/budget-holder.ts";
import { Shipper } from "../../src/service/shipping/shipper.ts";
import { LogSegments } from "./log-segments.ts";

/** 2026-11-21T09:00:00Z: an hour after the numbered records begin. */
export const NOW_MS = Date.UTC(2026, 10, 21, 9);

/** Time passes only by steps: each runs what is due next and lasts until something new is to be waited for. */
class StepTimer implements Timer {
  #nowMs = 0;
  #waiting: { readonly delayMs: number; readonly callback: () => void }[] = [];
  #asked = Promise.withResolvers<number>();

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry = { delayMs, callback };
    this.#waiting.push(entry);
    this.#asked.resolve(delayMs);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** How long is waited for next, after what was waited for so far came. */
  async step(): Promise<number> {
    this.#asked = Promise.withResolvers<number>();
    this.fire();
    return await this.#asked.promise;
  }

  /** What was waited for last comes; nothing is waited for. */
  fire(): void {
    const due = this.#waiting.pop();
    this.#nowMs += due?.delayMs ?? 0;
    due?.callback();
  }
}

class HeldSink implements LogSink {
  readonly sent: ShippedRecord[][] = [];
  state: "up" | "down" | "hung" = "up";

  async send(records: readonly ShippedRecord[]): Promise<void> {
    if (this.state === "down") throw new LiftgateError("sink_unavailable", "down");
    this.sent.push([...records]);
    if (this.state === "hung") await new Promise(() => undefined);
  }

  async close(): Promise<void> {
    this.state = "down";
  }

  /** The numbers of the records, as often as they came. */
  get numbers(): readonly number[] {
    return this.sent.flat().map(({ line }) => Number(JSON.parse(line).number));
  }
}

export class ShippingWorld {
  readonly segments: LogSegments;
  readonly placePath: string;
  readonly sink = new HeldSink();
  readonly failures: unknown[] = [];
  readonly skipped: SkippedPart[] = [];
  timer = new StepTimer();
  shipped = 0;
  readonly #dataDir: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.segments = new LogSegments(dataDir);
    this.placePath = join(dataDir, "shipping", "held-decisions.json");
  }

  /** A shipper as a process makes it at its start; one that was there is as good as killed. */
  async start(): Promise<Shipper> {
    this.timer = new StepTimer();
    const { directory, kind } = this.segments;
    const live = await openLiveSegments({ kind, directory, notesDirectory: join(this.#dataDir, "shipping") });
    const shipper = new Shipper({
      log: new LogFollower({ kind, directory, live }),
      sink: this.sink,
      places: new FilePlaceStore(this.placePath),
      timer: this.timer,
      nowMs: () => NOW_MS,
      observer: {
        shipped: (records) => {
          this.shipped += records;
        },
        skipped: (part) => this.skipped.push(part),
        failed: (cause) => this.failures.push(cause),
      },
    });
    await shipper.start();
    return shipper;
  }

  /** Steps until there is nothing more to ship, at most so many. */
  async drain(stepsMax = 100): Promise<void> {
    for (let i = 0; i < stepsMax; i++) if ((await this.timer.step()) === 250 && this.failures.length === 0) return;
  }
}
