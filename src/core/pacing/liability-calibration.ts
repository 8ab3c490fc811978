/**
 * What offers really cost, and when: learned from cohorts of offers as they age.
 *
 *   m_b        realized cost at ages in bin b per predicted cost
 *              = (Σ realized_b + K·p_b) / (Σ predicted + K), over the cohorts that have been through bin b
 *   bias       = Σ_b m_b                       realized matured cost / predicted cost
 *   timing(τ)  = Σ_{b ≤ τ} m_b / bias          share of the final cost realized within the age τ
 *
 * This is the additive (incremental loss ratio) method of claims reserving (Schmidt & Zocher 2008): unlike chain
 * ladder it does not divide by the small sums of young cohorts. A bin that no cohort has been through keeps its
 * prior p_b, as in Bornhuetter & Ferguson (1972). It is done for all actions together with the declared prior,
 * and for each action with the result of all: shrinkage to the mean. K is worth so many offers of average
 * predicted cost.
 *
 * What it is for: an offer is priced at what it will cost in all, k = c·bias, whenever that falls due, so that late
 * offers are not cheaper than early ones and leave no more to the next period than they must. Timing enters where
 * the money is counted: what open offers will still take from this period, and what of the offers to come will.
 */
import { piecewiseLinear } from "../numerics/piecewise-linear.ts";
import { type ArrivalForecast, expectedShare, HOUR_MS } from "./arrival-forecast.ts";

/** Offers that the prior of all actions, and the result of all for one action, are worth. */
const PRIOR_OFFERS = 100;
const SHARE_DUE_MIN = 0.1;

/** Offers of one action decided at about the same time. Amounts in micros. */
export interface Cohort {
  readonly action: string;
  readonly offers: number;
  /** When the last of them was decided. */
  readonly decidedAtMs: number;
  /** Σ c as predicted. */
  readonly predictedMicros: number;
  /** What was realized at ages in each bin; a bin that has not passed for all offers yet is not used. */
  readonly realizedMicros: readonly number[];
}

/** When costs fall due by age: `shares[i]` of the final cost by the age `agesMs[i]`; from (0, 0) to (expiry, 1). */
export interface Timing {
  readonly agesMs: readonly number[];
  readonly shares: readonly number[];
}

export interface CostCalibration {
  /** Realized matured cost over predicted cost. > 0. */
  readonly bias: number;
  readonly timing: Timing;
}

export interface CalibratedCosts {
  readonly overall: CostCalibration;
  readonly byAction: Readonly<Record<string, CostCalibration>>;
}

/** @param prior what is assumed before anything is seen; its ages are the edges of the cohorts' bins */
export function calibrateCosts(cohorts: readonly Cohort[], prior: CostCalibration, nowMs: number): CalibratedCosts {
  const { agesMs } = prior.timing;
  const observed = cohorts.map((cohort) => ({ ...cohort, bins: binsPassed(agesMs, nowMs - cohort.decidedAtMs) }));
  const overall = increments(observed, incrementsOf(prior));
  const actions = new Set(cohorts.map(({ action }) => action));
  const byAction = [...actions].map((action) => {
    const own = observed.filter((cohort) => cohort.action === action);
    return [action, calibrationOf(increments(own, overall), agesMs)] as const;
  });
  return { overall: calibrationOf(overall, agesMs), byAction: Object.fromEntries(byAction) };
}

/** What an action is calibrated by: its own, or that of all where it has none. */
export function calibrationFor({ overall, byAction }: CalibratedCosts, action: string): CostCalibration {
  return byAction[action] ?? overall;
}

/** timing(τ): the share of the final cost that falls due within an age, in [0, 1]. */
export function shareBy({ agesMs, shares }: Timing, ageMs: number): number {
  return piecewiseLinear(agesMs, shares, ageMs);
}

/** Offers whose costs may still fall due in the period. */
export interface OpenCohort {
  readonly action: string;
  readonly ageMs: number;
  /** Σ c as predicted, of all offers of the cohort, also of those that have been redeemed. */
  readonly predictedMicros: number;
}

/** Expected cost that falls due between now and the end of the period: Σ c·bias·[timing(age + left) − timing(age)]. */
export function liabilityWithin(costs: CalibratedCosts, open: readonly OpenCohort[], leftMs: number): number {
  return open.reduce((sum, { action, ageMs, predictedMicros }) => {
    const { bias, timing } = calibrationFor(costs, action);
    return sum + predictedMicros * bias * (shareBy(timing, ageMs + leftMs) - shareBy(timing, ageMs));
  }, 0);
}

/**
 * What of the cost of offers to come falls due before the period ends, on average over the arrivals that are still
 * expected, in [0.1, 1]: spread over so much less, the money that is left lasts to the end. Offers of the last
 * hours take next to nothing from the period whatever they cost; below 0.1 a small rest of the money would
 * make all of them.
 */
export function shareDue({ timing }: CostCalibration, forecast: ArrivalForecast, atMs: number): number {
  const { startMs, endMs, hours } = forecast.period;
  const now = expectedShare(forecast, atMs);
  let due = 0;
  for (let hour = 0; hour < hours.length; hour++) {
    const [from, to] = [forecast.shares[hour] as number, forecast.shares[hour + 1] as number];
    if (to > now) due += (to - Math.max(from, now)) * shareBy(timing, endMs - startMs - (hour + 0.5) * HOUR_MS);
  }
  return Math.max(SHARE_DUE_MIN, now < 1 ? due / (1 - now) : 0);
}

export interface PeriodAccount {
  readonly amountMicros: number;
  /** Realized in this period, whenever it was offered. */
  readonly settledMicros: number;
  /** Expected of what was offered; see `liabilityWithin`. */
  readonly liabilityMicros: number;
  /** A typical payment: what one redemption costs. */
  readonly paymentMicros: number;
  /** Standard deviations of the liability that are kept back. ≥ 0. */
  readonly z: number;
}

/**
 * B_rem of `reserve: expected`, in micros; below 0 when more is expected than there is. Redemptions are nearly
 * independent, so the liability varies like a compound Poisson sum: Var = liability · payment.
 */
export function remainingInPeriod(account: PeriodAccount): number {
  const { amountMicros, settledMicros, liabilityMicros, paymentMicros, z } = account;
  return amountMicros - settledMicros - liabilityMicros - z * Math.sqrt(liabilityMicros * paymentMicros);
}

/** A cohort, and how many bins it has been through. */
interface Observed extends Cohort {
  readonly bins: number;
}

/** How many bins end at or before this age. */
function binsPassed(agesMs: readonly number[], ageMs: number): number {
  let bins = 0;
  while (bins + 1 < agesMs.length && (agesMs[bins + 1] as number) <= ageMs) bins += 1;
  return bins;
}

/** bias·(shares of each bin): what is realized in each bin per predicted cost. */
function incrementsOf({ bias, timing: { shares } }: CostCalibration): readonly number[] {
  return shares.slice(1).map((share, bin) => bias * (share - (shares[bin] as number)));
}

/** m_b of every bin. */
function increments(cohorts: readonly Observed[], prior: readonly number[]): readonly number[] {
  const predicted = sumOver(cohorts, ({ predictedMicros }) => predictedMicros);
  const offers = sumOver(cohorts, (cohort) => cohort.offers);
  if (!(predicted > 0 && offers > 0)) return prior;
  const worth = (PRIOR_OFFERS * predicted) / offers;
  const seen = prior.map((_, bin) => cohorts.filter(({ bins }) => bins > bin));
  const exposure = seen.map((through) => sumOver(through, ({ predictedMicros }) => predictedMicros));
  const realized = seen.map((through, bin) => sumOver(through, ({ realizedMicros }) => realizedMicros[bin] ?? 0));
  return prior.map(
    (increment, bin) => ((realized[bin] as number) + worth * increment) / ((exposure[bin] as number) + worth),
  );
}

function calibrationOf(perPredicted: readonly number[], agesMs: readonly number[]): CostCalibration {
  const bias = sumOver(perPredicted, (increment) => increment);
  let share = 0;
  const shares = perPredicted.map((increment) => (share += increment / bias));
  return { bias, timing: { agesMs, shares: [0, ...shares] } };
}

function sumOver<T>(items: readonly T[], of: (item: T, at: number) => number): number {
  return items.reduce((sum, item, at) => sum + of(item, at), 0);
}
