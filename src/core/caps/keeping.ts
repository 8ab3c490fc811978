/** In whose histories the offers of a program are kept, and for how long. */
import type { Cap } from "../domain/cap.ts";
import type { Program } from "../domain/program.ts";
import type { Span, WindowRule } from "../domain/period.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An entry outlives its last reader by this much: another replica's clock may be behind. */
const CLOCK_SKEW_MS = HOUR_MS;

/** No period is longer, whatever a time zone does with its clocks. */
const LONGEST_MS: Readonly<Record<Span, number>> = {
  hour: 2 * HOUR_MS,
  day: 2 * DAY_MS,
  week: 8 * DAY_MS,
  month: 32 * DAY_MS,
  quarter: 93 * DAY_MS,
  year: 367 * DAY_MS,
};

type KeptProgram = Pick<Program, "id" | "offerTtlMs" | "caps">;

export interface Keeping {
  /** Whether some cap counts the program's offers: then each has its place before it is drawn. */
  readonly counted: boolean;
  /** Whether one counts them by cluster. */
  readonly byCluster: boolean;
  /** From the decision on: while the offer is open, and while a cap may count it. */
  readonly keepMs: number;
}

/** @param caps those of every loaded program: they count this one's offers too */
export function keepingOf({ id, offerTtlMs, caps: own }: KeptProgram, caps: readonly Cap[]): Keeping {
  let counted = false;
  let byCluster = false;
  let longestMs = offerTtlMs;
  const extend = ({ program, scope, window }: Cap): void => {
    if (program !== null && program !== id) return;
    counted = true;
    byCluster ||= scope === "cluster";
    longestMs = Math.max(longestMs, longestOf(window));
  };
  for (const cap of caps) extend(cap);
  // A program that was just loaded anew may still decide with caps that are gone from the list.
  for (const cap of own) extend(cap);
  return { counted, byCluster, keepMs: longestMs + CLOCK_SKEW_MS };
}

function longestOf(window: WindowRule): number {
  return window.kind === "rolling" ? window.spanMs : LONGEST_MS[window.every];
}
