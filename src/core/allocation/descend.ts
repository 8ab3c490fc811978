/**
 * The minimum over π ≥ 0 of the dual D(π), which is convex and piecewise linear, by its smoothed form (see
 * smoothed-dual.ts): damped Newton steps within π ≥ 0 and a box some τ wide, while τ shrinks. It is the path
 * following of interior-point methods (Boyd & Vandenberghe 2004, chapter 11) with the entropy as barrier. A
 * step costs one pass over the users; about twenty lead from no prices to nine digits.
 */
import { minimizeInBox } from "../numerics/box-quadratic.ts";
import type { Market, Scale } from "./market.ts";
import { type SmoothedDual, smoothedDual } from "./smoothed-dual.ts";

/** The τ of a step is divided by this when the steps at it have settled. */
const SHRINKAGE = 4;
/** Half the width of a step's box: so many τ, or so many times the step before. */
const BOX = 8;
const WIDENING = 4;
/** What a step may still promise to gain, in units of the smoothing, when its τ has settled. */
const SETTLED = 0.1;
/** The same when it is the last τ: then choices are shared out to about a thousandth. */
const POLISHED = 1e-6;
const POLISHING_STEPS_MAX = 5;
/** Share of what a step promises that it must keep, or it is halved (Armijo's rule). */
const KEPT = 0.01;
const HALVINGS_MAX = 20;
const STEPS_MAX = 100;
/** Makes the curvature definite, also where nobody is about to change their mind. */
const RIDGE = 1e-9;
const LEAST_CURVATURE = 1e-300;
/** Relative precision below which a change of the dual is rounding. */
const ROUNDING = 1e-14;

export interface DualProblem extends Market {
  readonly scale: Scale;
  /** How much the dual may be missed by, relative to it. > 0. */
  readonly tolerance: number;
}

export function descend(
  problem: DualProblem,
  start: { readonly prices: Float64Array; readonly tau: number },
): SmoothedDual {
  const at = (point: Pick<SmoothedDual, "prices" | "tau">) => smoothedDual(problem.blocks(), problem.resources, point);
  let here = at(start);
  let settledBefore = here.prices;
  let reach = BOX * start.tau;
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const step = newtonStep(here, reach, problem.scale.cost);
    const promise = promiseOf(here, step);
    const settled = promise <= SETTLED * here.smoothing + ROUNDING * here.value;
    const next = settled ? null : follow(here, { step, promise }, at);
    if (next !== null) {
      here = next.there;
      reach = Math.max(BOX * here.tau, WIDENING * next.share * lengthOf(step, problem.scale.cost));
    } else if (here.smoothing <= problem.tolerance * here.value) {
      return polish(here, { reach, costScale: problem.scale.cost }, at);
    } else {
      const { prices, tau } = here;
      here = at({ prices: steps === 0 ? prices : ahead(prices, settledBefore), tau: tau / SHRINKAGE });
      settledBefore = prices;
    }
  }
  return here;
}

/**
 * The last steps at the last τ, for the shares of choices more than for the dual, which hardly changes any more:
 * whole Newton steps, which converge fast from here, as long as the gradient is worth one.
 */
function polish(
  settled: SmoothedDual,
  { reach, costScale }: { readonly reach: number; readonly costScale: number },
  at: (point: Pick<SmoothedDual, "prices" | "tau">) => SmoothedDual,
): SmoothedDual {
  let here = settled;
  for (let steps = 0; steps < POLISHING_STEPS_MAX; steps++) {
    const step = newtonStep(here, reach, costScale);
    const promise = promiseOf(here, step);
    if (promise <= POLISHED * here.smoothing) break;
    const there = at({ prices: moved(here.prices, step, 1), tau: here.tau });
    if (there.value > here.value * (1 + ROUNDING)) break;
    here = there;
  }
  return here;
}

function moved(prices: Float64Array, step: Float64Array, share: number): Float64Array {
  return prices.map((price, j) => Math.max(0, price + share * (step[j] as number)));
}

/**
 * Where the prices will settle next, from where they settled at this τ and at the one before, SHRINKAGE times as
 * large: in the limit they lie on a straight line in τ, as every user shares out among the same options.
 */
function ahead(prices: Float64Array, before: Float64Array): Float64Array {
  return prices.map((price, j) => Math.max(0, price + (price - (before[j] as number)) / SHRINKAGE));
}

/** At most `reach` of net value away, for an offer of average cost. */
function newtonStep({ prices, gradient, curvature }: SmoothedDual, reach: number, costScale: number): Float64Array {
  const n = prices.length;
  const high = Float64Array.from(prices, (_, j) => (j === 0 ? reach / costScale : reach));
  const low = prices.map((price, j) => -Math.min(price, high[j] as number));
  const definite = Float64Array.from(curvature);
  for (let j = 0; j < n * n; j += n + 1) definite[j] = (definite[j] as number) * (1 + RIDGE) + LEAST_CURVATURE;
  return minimizeInBox({ gradient, curvature: definite, low, high });
}

/** The largest change of a price, in net value of an offer of average cost. */
function lengthOf(step: Float64Array, costScale: number): number {
  return step.reduce((most, change, j) => Math.max(most, Math.abs(change) * (j === 0 ? costScale : 1)), 0);
}

/** How much lower the dual is after the step if its quadratic model holds. */
function promiseOf({ gradient, curvature }: SmoothedDual, step: Float64Array): number {
  const n = step.length;
  let change = 0;
  for (let i = 0; i < n; i++) {
    let slope = gradient[i] as number;
    for (let j = 0; j < n; j++) slope += 0.5 * (curvature[i * n + j] as number) * (step[j] as number);
    change += slope * (step[i] as number);
  }
  return -change;
}

/** As much of the step as keeps its promise; null when none does, which is when only rounding is left. */
function follow(
  here: SmoothedDual,
  { step, promise }: { readonly step: Float64Array; readonly promise: number },
  at: (point: Pick<SmoothedDual, "prices" | "tau">) => SmoothedDual,
): { readonly there: SmoothedDual; readonly share: number } | null {
  for (let halvings = 0, share = 1; halvings <= HALVINGS_MAX; halvings++, share /= 2) {
    const there = at({ prices: moved(here.prices, step, share), tau: here.tau });
    if (there.value <= here.value - KEPT * share * promise) return { there, share };
  }
  return null;
}
