/**
 * What one replica has seen of one program since it last told: arrivals, what they could have spent, what they
 * did spend. Observing is what every decision pays for pacing, so it writes into arrays that are there.
 */
import type { Decision, Situation } from "../domain/decision.ts";
import type { Action, Program } from "../domain/program.ts";
import { dueCost } from "../domain/due-cost.ts";
import { BUDGET, volumePriceOf } from "../domain/resource.ts";
import { type Hull, hullFor, upperHull } from "../numerics/upper-hull.ts";
import { binOf, BINS, WEIGHT, weightAt } from "./efficiency-histogram.ts";
import type { Sums } from "./sums.ts";

export const ARRIVALS = "arrivals";
/** The name of the arrivals in an elapsed hour of the period: numbers after those of the bins. */
export function hourName(elapsedHour: number): number {
  return BINS + elapsedHour;
}
/** All that was used of a resource, in its unit. */
export function usedName(resource: string): string {
  return `used:${resource}`;
}

/** When the arrivals of a tally came: they count as if they had come together. */
export interface TallyTime {
  /** Expected share of the period, in [0, 1]. */
  readonly share: number;
  readonly elapsedHour: number;
}

export class EpochTally {
  readonly #actions: readonly Action[];
  readonly #demand = new Float64Array(BINS);
  /** The bins that are not empty, in the order in which they were first met. */
  readonly #met = new Int16Array(BINS);
  #metCount = 0;
  /** How often each action was chosen. */
  readonly #chosen: Float64Array;
  #arrivals = 0;
  /** Arrivals whose demand is known. */
  #judged = 0;
  #spentMicros = 0;
  readonly #hull: Hull;
  readonly #worth: Float64Array;
  readonly #cost: Float64Array;
  /** What each action's volumes cost, at the prices last seen. */
  readonly #volumePrices: Float64Array;
  #mu: Readonly<Record<string, number>> = {};

  constructor({ actions }: Pick<Program, "actions">) {
    this.#actions = actions;
    this.#chosen = new Float64Array(actions.length);
    this.#hull = hullFor(actions.length);
    this.#worth = new Float64Array(actions.length);
    this.#cost = new Float64Array(actions.length);
    this.#volumePrices = new Float64Array(actions.length);
  }

  /**
   * Counts a request that was scored and decided. Only the policy arm answers to prices, so only its demand is
   * counted; what the other arms spend is in the trim. What somebody would have spent whom the budget did not cover,
   * or of whom nothing could be learned, is not known: they say nothing of the demand, or a budget that is dry and a
   * store that is down would look as if nobody wanted the money.
   *
   * @param chargedMicros what the decision took from the budget, a whole number ≥ 0
   */
  observe(situation: Situation, decision: Decision, chargedMicros: number): void {
    this.#arrivals += 1;
    this.#spentMicros += chargedMicros;
    this.#chosen[decision.chosen] = (this.#chosen[decision.chosen] as number) + 1;
    if (situation.withheld === "unavailable" || decision.excluded.includes("budget_exhausted")) return;
    this.#judged += 1;
    if (situation.draws.arm !== "policy" || situation.basis === "explore") return;
    this.#price(situation, decision);
    const { length } = this.#actions;
    const steps = upperHull({ value: this.#worth, cost: this.#cost, from: 1, to: length }, this.#hull);
    for (let step = 0; step < steps; step++) {
      this.#demandFor(this.#hull.value[step] as number, this.#hull.cost[step] as number);
    }
  }

  /** All of it as sums to add to those of the other replicas; then it starts again from nothing. */
  drain({ share, elapsedHour }: TallyTime): Sums {
    if (this.#arrivals === 0) return {};
    const weight = weightAt(share);
    const sums: Record<string, number> = {
      [ARRIVALS]: this.#arrivals,
      [hourName(elapsedHour)]: this.#arrivals,
      [WEIGHT]: this.#judged * weight,
      [usedName(BUDGET)]: this.#spentMicros,
      ...this.#drainVolumes(),
    };
    for (let i = 0; i < this.#metCount; i++) {
      const bin = this.#met[i] as number;
      sums[bin] = (this.#demand[bin] as number) * weight;
      this.#demand[bin] = 0;
    }
    this.#metCount = 0;
    this.#arrivals = 0;
    this.#judged = 0;
    this.#spentMicros = 0;
    return sums;
  }

  /** V − w·k − Σμ and k of every action that is live; no value for the others. */
  #price({ program, scores, pacing }: Situation, { excluded, pruned }: Decision): void {
    if (pacing.mu !== this.#mu) this.#takeVolumePrices(pacing.mu);
    const { costWeight } = program.objective;
    for (let i = 1; i < this.#actions.length; i++) {
      const cost = dueCost(scores.cost[i] as number, pacing, i);
      const live = excluded[i] === null && pruned[i] === null;
      this.#cost[i] = cost;
      this.#worth[i] = live ? (scores.value[i] as number) - costWeight * cost - (this.#volumePrices[i] as number) : -1;
    }
  }

  #takeVolumePrices(mu: Readonly<Record<string, number>>): void {
    this.#mu = mu;
    this.#actions.forEach((action, i) => (this.#volumePrices[i] = volumePriceOf(action, mu)));
  }

  #demandFor(moreWorth: number, moreCost: number): void {
    if (moreCost === 0) return;
    const bin = binOf(moreWorth / moreCost);
    if (bin < 0) return;
    if (this.#demand[bin] === 0) this.#met[this.#metCount++] = bin;
    this.#demand[bin] = (this.#demand[bin] as number) + moreCost;
  }

  /** Offers made, by the volumes they count against. */
  #drainVolumes(): Sums {
    const sums: Record<string, number> = {};
    this.#actions.forEach(({ volumes }, i) => {
      const offers = this.#chosen[i] as number;
      if (offers === 0) return;
      for (const name of volumes.map(usedName)) sums[name] = (sums[name] ?? 0) + offers;
    });
    this.#chosen.fill(0);
    return sums;
  }
}
