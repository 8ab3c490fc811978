import type { Program } from "../../core/domain/program.ts";
import type { Calendar } from "../../core/ports.ts";

/** For replicas whose clocks are not this one's, and for an hour that a segment spans. */
const MARGIN_MS = 86_400_000;

/**
 * Since when the decision log is needed to prove what was spent: the start of the earliest budget period in which an
 * offer may still be open, or its cost still be told. Infinity where no program has a budget.
 */
export function spendingNeededSinceMs(programs: readonly Program[], calendar: Calendar, nowMs: number): number {
  const offerTtlMs = Math.max(0, ...programs.map((program) => program.offerTtlMs));
  const starts = programs.flatMap(({ funding }) => {
    if (funding === null || funding.terms === null) return [];
    const { period, settleWithinMs } = funding.terms;
    // An offer of this instant, or a later one, is not over. Between two single periods there may be none.
    const openSinceMs = nowMs - offerTtlMs - settleWithinMs - MARGIN_MS;
    const earliest = calendar.periodAt(period, openSinceMs) ?? calendar.periodAt(period, nowMs);
    return earliest === null ? [] : [earliest.startMs];
  });
  return Math.min(Infinity, ...starts);
}
