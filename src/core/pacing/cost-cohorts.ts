/**
 * Cohorts of offers as sums that replicas add to: those of one program and action decided on one day (UTC).
 *
 *   <day> <program> <action> offers        how many were given
 *                            redemptions   how many outcomes told a cost
 *                            predicted     Σ max(c, 0), as k is made from it
 *                            fixed         what was owed at once; it is in c
 *                            <bin>         what redemptions cost at ages in that bin
 *
 * Bins are the same whatever the life of an offer, so that a program may change it: sums of before keep their meaning.
 */
import type { Cohort } from "./liability-calibration.ts";
import { added, type Sums } from "./sums.ts";

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Cohorts count for so long, and so do redemptions of theirs. */
export const COHORT_DAYS = 60;

/** Edges of the bins: close where most is redeemed. */
const EDGES_MS = [
  ...[0, 1, 2, 4, 8, 16].map((hours) => hours * HOUR_MS),
  ...[1, 1.5, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, COHORT_DAYS].map((days) => days * DAY_MS),
];

/** An offer's cohort. */
export interface CohortName {
  readonly program: string;
  readonly action: string;
  readonly decidedAtMs: number;
}

/** A cohort as far as it is known. Amounts in micros. */
export interface ObservedCohort extends Cohort {
  readonly redemptions: number;
  /** In the first bin of what was realized. */
  readonly fixedMicros: number;
}

/** The day of an instant, counted from 1970. */
export function dayAt(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

/** Offers that were given, and what they make together, in whole micros. */
export interface GivenOffers {
  readonly offers: number;
  readonly predictedMicros: number;
  readonly fixedMicros: number;
}

export function offerSums(cohort: CohortName, { offers, predictedMicros, fixedMicros }: GivenOffers): Sums {
  const name = nameOf(cohort);
  return { [`${name} offers`]: offers, [`${name} predicted`]: predictedMicros, [`${name} fixed`]: fixedMicros };
}

/** A redemption, told at this age of the offer. Older than cohorts are kept, it counts for nothing. */
export function redemptionSums(cohort: CohortName, ageMs: number, costMicros: number): Sums {
  const bin = binOf(ageMs);
  if (bin === null) return {};
  const name = nameOf(cohort);
  return { [`${name} redemptions`]: 1, [`${name} ${bin}`]: costMicros };
}

/** An offer that was never sent: not even its fixed part is owed. */
export function voidSums(cohort: CohortName, fixedMicros: number): Sums {
  return { [`${nameOf(cohort)} fixed`]: -fixedMicros };
}

/** The edges of the bins in which an offer of this life may be redeemed, from 0 on; the last may be later. */
export function agesWithin(lifeMs: number): readonly number[] {
  const last = EDGES_MS.findIndex((edgeMs) => edgeMs >= lifeMs && edgeMs > 0);
  return last === -1 ? EDGES_MS : EDGES_MS.slice(0, last + 1);
}

/** All cohorts by their program. What was redeemed after the last bin of an offer's life is to be counted in it. */
export function cohortsIn(sums: Sums): ReadonlyMap<string, readonly ObservedCohort[]> {
  const parts = new Map<string, Record<string, number>>();
  for (const [name, amount] of Object.entries(sums)) {
    const end = name.lastIndexOf(" ");
    const cohort = name.slice(0, end);
    const known = parts.get(cohort) ?? {};
    known[name.slice(end + 1)] = amount;
    parts.set(cohort, known);
  }
  const byProgram = new Map<string, ObservedCohort[]>();
  for (const [name, part] of parts) {
    const [day = "", program = "", action = ""] = name.split(" ");
    const known = byProgram.get(program) ?? [];
    known.push(cohortOf(action, Number(day), part));
    byProgram.set(program, known);
  }
  return byProgram;
}

/** Of sums of several accounts, as if they were one. */
export function allOf(each: readonly Sums[]): Sums {
  return each.reduce((all, sums) => added(all, sums), {});
}

function nameOf({ program, action, decidedAtMs }: CohortName): string {
  return `${dayAt(decidedAtMs)} ${program} ${action}`;
}

/** Null: too old. Clocks that differ make no age below 0. */
function binOf(ageMs: number): number | null {
  const next = EDGES_MS.findIndex((edgeMs) => edgeMs > Math.max(ageMs, 0));
  return next === -1 ? null : next - 1;
}

/** A void told twice, or of what was redeemed, may not make less than nothing. */
function cohortOf(action: string, day: number, part: Readonly<Record<string, number>>): ObservedCohort {
  const of = (what: string | number): number => Math.max(0, part[what] ?? 0);
  const fixedMicros = of("fixed");
  return {
    action,
    offers: of("offers"),
    redemptions: of("redemptions"),
    decidedAtMs: (day + 1) * DAY_MS,
    predictedMicros: of("predicted"),
    fixedMicros,
    realizedMicros: EDGES_MS.slice(1).map((_, bin) => of(bin) + (bin === 0 ? fixedMicros : 0)),
  };
}
