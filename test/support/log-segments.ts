/** Segments of a log as they lie on disk, written by hand. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import type { LogKind } from "../../src/core/shipping-ports.ts";

/** `decisions-20261121T<hour>0000000Z-<suffix>`: segments of one day, in the order of their hours. */
export function segmentName(hour: number, kind: LogKind = "decisions", suffix = "0badcafe"): string {
  return `${kind}-20261121T${String(hour).padStart(2, "0")}0000000Z-${suffix}`;
}

/** A record that says when it was written: number n of a log, n seconds after eight. */
export function numberedRecord(number: number, kind: LogKind = "decisions"): string {
  const time = new Date(Date.UTC(2026, 10, 21, 8, 0, number)).toISOString();
  const decisionId = `019aa8e1-7d2c-7b0e-9d5c-${String(number).padStart(12, "0")}`;
  return kind === "decisions"
    ? JSON.stringify({ schema: "liftgate.decision.v1", decisionId, time, number })
    : JSON.stringify({ schema: "liftgate.outcome.v1", outcomeId: `o${number}`, decisionId, receivedAt: time, number });
}

/** The numbers from `first` up to `last`, both included. */
export function numbers(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** The folder of one log. */
export class LogSegments {
  readonly directory: string;
  readonly kind: LogKind;

  constructor(dataDir: string, kind: LogKind = "decisions") {
    this.directory = join(dataDir, kind);
    this.kind = kind;
    mkdirSync(this.directory, { recursive: true });
  }

  path(hour: number): string {
    return join(this.directory, `${segmentName(hour, this.kind)}.ndjson`);
  }

  /** Appends records of these numbers to the segment of the hour. */
  append(hour: number, added: readonly number[]): void {
    for (const number of added) this.appendText(hour, `${numberedRecord(number, this.kind)}\n`);
  }

  appendText(hour: number, text: string | Uint8Array): void {
    appendFileSync(this.path(hour), text);
  }

  /** Replaces the segment by what its compression would leave. */
  compress(hour: number, text: string | Uint8Array): void {
    writeFileSync(`${this.path(hour)}.zst`, zstdCompressSync(text));
    rmSync(this.path(hour), { force: true });
  }
}
