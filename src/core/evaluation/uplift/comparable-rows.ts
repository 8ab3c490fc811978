/**
 * The rows of a log that compare a paid action with `no_offer`: those of which the log could have drawn either, each
 * weighing 1/p of what it drew. That holds for both kinds of propensity that a sample may have:
 *
 *   given the arm  a row of the holdout, or of a policy that is certain, could not have been the other: left out.
 *                  What remains is random within its arm, and exact also for units that return.
 *   marginal       the arm is part of the draw: rows of every arm, as the weights of one arm alone would be wrong by
 *                  how likely that arm was to draw each of the two. Exact for the first decision of a unit.
 *
 * Of many rows those of every k-th unit, by when units came first: sorting and resampling millions of rows for each of
 * many actions would take longer than the rest of an evaluation.
 */
import { gathered } from "../../numerics/gathered.ts";
import type { Sample } from "../sample.ts";
import type { Comparison } from "./ranked-rows.ts";

/** In the order of the log. */
export interface ComparableRows extends Omit<Comparison, "score"> {
  readonly unit: Int32Array;
  /** What the model expects of the action against `no_offer`. */
  readonly expectedValue: Float64Array;
  readonly expectedCost: Float64Array;
}

/** Units are numbered anew, from 0. */
export interface ChosenRows extends ComparableRows {
  readonly units: number;
}

/** An arm with fewer rows says nothing about a ranking. */
const ROWS_MIN = 100;
/** About so many are chosen where there are more. */
const ROWS_MAX = 50_000;

/** null: too few rows. Propensities below the floor support nothing. */
export function comparableRows(sample: Sample, action: number, floor: number): ChosenRows | null {
  const all = rowsOf(sample, action, floor);
  const every = Math.ceil(all.length / ROWS_MAX);
  const chosen = every <= 1 ? all : all.filter((i) => (sample.unit[i] as number) % every === 0);
  const treated = Uint8Array.from(chosen, (i) => Number(sample.assigned[i] === action));
  const count = treated.reduce((sum, one) => sum + one, 0);
  if (count < ROWS_MIN || chosen.length - count < ROWS_MIN) return null;
  const expected = (of: Float32Array) => gathered(of, chosen, { width: sample.actions.length, column: action });
  return {
    treated,
    value: gathered(sample.value, chosen),
    cost: gathered(sample.cost, chosen),
    weight: gathered(sample.propensity, chosen).map((p) => 1 / p),
    unit: Int32Array.from(chosen, (i) => Math.floor((sample.unit[i] as number) / Math.max(1, every))),
    units: Math.ceil(sample.units / Math.max(1, every)),
    expectedValue: expected(sample.expectedValue.uplift),
    expectedCost: expected(sample.expectedCost.uplift),
  };
}

function rowsOf(sample: Sample, action: number, floor: number): Int32Array {
  const { rows, logged, assigned, expectedValue, expectedCost } = sample;
  const actions = sample.actions.length;
  // As floats, or rows at the very floor would fall below it.
  const least = Math.max(Math.fround(floor), Number.MIN_VALUE);
  const found = new Int32Array(rows);
  let count = 0;
  for (let i = 0; i < rows; i++) {
    const at = i * actions + action;
    if (assigned[i] !== 0 && assigned[i] !== action) continue;
    if ((logged[at] as number) < least || (logged[i * actions] as number) < least) continue;
    if (!Number.isFinite(expectedValue.uplift[at]) || !Number.isFinite(expectedCost.uplift[at])) continue;
    found[count++] = i;
  }
  return found.subarray(0, count);
}
