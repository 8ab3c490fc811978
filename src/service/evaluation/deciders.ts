/** The programs that decided a log, and which of them is the incumbent where nobody named one. */
import type { DecisionRecord } from "../../core/domain/record.ts";

/** A program that decided rows that count, the model it last used, and the time of its last decision. */
export interface DecidedBy {
  readonly program: DecisionRecord["program"];
  readonly currency: string;
  model: DecisionRecord["model"];
  lastTime: string;
  /** On the day of `lastTime`. */
  lastDayRows: number;
}

/** By the time of their last decision. */
export function mergedDeciders(
  tallies: readonly { readonly decidedBy: Readonly<Record<string, DecidedBy>> }[],
): readonly DecidedBy[] {
  const merged = new Map<string, DecidedBy>();
  for (const by of tallies.flatMap(({ decidedBy }) => Object.values(decidedBy))) {
    const known = merged.get(by.program.digest);
    merged.set(by.program.digest, known === undefined ? by : mergedOf(known, by));
  }
  return [...merged.values()].toSorted((a, b) => (a.lastTime < b.lastTime ? -1 : 1));
}

/**
 * The live program, if it decided any of the log; else the one that decided most on the last day of the log: while a
 * canary decides, too, whoever decided last may be either. undefined: nobody decided.
 *
 * @param live digest of the live program; null: not known
 */
export function incumbentOf(deciders: readonly DecidedBy[], live: string | null): DecidedBy | undefined {
  const lastDay = dayOf(deciders.at(-1)?.lastTime ?? "");
  const ofLastDay = deciders.filter(({ lastTime }) => dayOf(lastTime) === lastDay);
  const most = ofLastDay.toSorted((a, b) => b.lastDayRows - a.lastDayRows)[0];
  return deciders.find(({ program }) => program.digest === live) ?? most;
}

/** Of an instant in UTC. */
export function dayOf(time: string): string {
  return time.slice(0, "2026-11-28".length);
}

function mergedOf(one: DecidedBy, other: DecidedBy): DecidedBy {
  const [earlier, later] = one.lastTime < other.lastTime ? [one, other] : [other, one];
  const sameDay = dayOf(earlier.lastTime) === dayOf(later.lastTime);
  return { ...later, lastDayRows: later.lastDayRows + (sameDay ? earlier.lastDayRows : 0) };
}
