/**
 * What offers of one program really cost, from what all replicas told of them; and what is priced by it.
 *
 * Before anything is seen nothing is known but c itself: bias 1, the fixed part of it at once and the rest evenly over
 * the offer's life. Where no redemption ever came, outcomes may not be told at all: such offers would look free,
 * and nothing is learned of them.
 */
import type { Action } from "../domain/program.ts";
import { agesWithin, COHORT_DAYS, DAY_MS, dayAt, type ObservedCohort } from "./cost-cohorts.ts";
import { calibrateCosts, type CalibratedCosts, calibrationFor, type CostCalibration } from "./liability-calibration.ts";

/**
 * Beyond these, outcomes or model are more likely wrong than the price: outcomes that stop coming may not make offers
 * free, nor one that is wrong end a program. The bias is published as it was found.
 */
const PRICED_MIN = 0.25;
const PRICED_MAX = 4;
/** Finer than anybody knows it: records are shorter for it. */
const BIAS_STEPS = 10_000;

/** What is known of an action's offers of the last weeks, and what was learned from it. Amounts in micros. */
export interface ActionCosts extends CostCalibration {
  readonly offers: number;
  readonly redemptions: number;
  readonly predictedMicros: number;
  /** So far: offers may be open. */
  readonly realizedMicros: number;
}

export interface ProgramCosts extends CalibratedCosts {
  readonly byAction: Readonly<Record<string, ActionCosts>>;
}

/**
 * Null where nothing was redeemed.
 *
 * @param lifeMs from an offer to when nothing of it can be owed any more
 */
export function learnCosts(all: readonly ObservedCohort[], lifeMs: number, nowMs: number): ProgramCosts | null {
  const sinceMs = (dayAt(nowMs) - COHORT_DAYS) * DAY_MS;
  const agesMs = agesWithin(lifeMs);
  const cohorts = all
    .filter(({ offers, decidedAtMs }) => offers > 0 && decidedAtMs > sinceMs)
    .map((cohort) => ({ ...cohort, realizedMicros: withinLife(cohort.realizedMicros, agesMs.length - 1) }));
  if (sumOver(cohorts, ({ redemptions }) => redemptions) === 0) return null;
  const { overall, byAction } = calibrateCosts(cohorts, priorOf(cohorts, agesMs, lifeMs), nowMs);
  const actions = Object.entries(byAction).map(([action, calibration]) => {
    const own = cohorts.filter((cohort) => cohort.action === action);
    return [action, { ...calibration, ...figuresOf(own) }] as const;
  });
  return { overall, byAction: Object.fromEntries(actions) };
}

/** Pacing's `inPeriod`: the bias of each action in the program's order; null where none is known. */
export function pricedBiases(costs: CalibratedCosts | undefined, actions: readonly Action[]): readonly number[] | null {
  if (costs === undefined) return null;
  return actions.map(({ id }, i) => {
    return i === 0 ? 1 : pricedBias(calibrationFor(costs, id));
  });
}

/** The largest that anything is priced by: 1 where nothing turned out dearer than predicted. */
export function dearestBias(programs: readonly CalibratedCosts[]): number {
  const all = programs.flatMap(({ overall, byAction }) => [overall, ...Object.values(byAction)]);
  return Math.max(1, ...all.map(pricedBias));
}

function pricedBias({ bias }: CostCalibration): number {
  return Math.round(Math.min(Math.max(bias, PRICED_MIN), PRICED_MAX) * BIAS_STEPS) / BIAS_STEPS;
}

/** What came later than the last bin is in it. */
function withinLife(realizedMicros: readonly number[], bins: number): readonly number[] {
  const late = sumOver(realizedMicros.slice(bins - 1), (micros) => micros);
  return [...realizedMicros.slice(0, bins - 1), late];
}

function priorOf(cohorts: readonly ObservedCohort[], agesMs: readonly number[], lifeMs: number): CostCalibration {
  const predicted = sumOver(cohorts, ({ predictedMicros }) => predictedMicros);
  const fixed = sumOver(cohorts, ({ fixedMicros }) => fixedMicros);
  const atOnce = predicted > 0 ? Math.min(1, fixed / predicted) : 0;
  const endMs = Math.min(lifeMs, agesMs.at(-1) ?? lifeMs);
  const shares = agesMs.map((ageMs) => (ageMs === 0 ? 0 : atOnce + (1 - atOnce) * Math.min(1, ageMs / endMs)));
  return { bias: 1, timing: { agesMs, shares } };
}

function figuresOf(cohorts: readonly ObservedCohort[]): Omit<ActionCosts, keyof CostCalibration> {
  return {
    offers: sumOver(cohorts, ({ offers }) => offers),
    redemptions: sumOver(cohorts, ({ redemptions }) => redemptions),
    predictedMicros: sumOver(cohorts, ({ predictedMicros }) => predictedMicros),
    realizedMicros: sumOver(cohorts, ({ realizedMicros }) => sumOver(realizedMicros, (micros) => micros)),
  };
}

function sumOver<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}
