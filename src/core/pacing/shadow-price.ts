/**
 * The price of one resource (the budget's money, or the offers of an action or a channel) for one epoch.
 *
 *   ρ     = remaining / N_rem                              what one arrival may use
 *   trim ← clip(0.95^(1440·ΔF)·trim + (0.3/√N)·(used/ρ − arrivals), ±1)
 *   price = max(floor, base·e^trim)
 *
 * `base` is where the demand curve meets ρ (re-solving the dual: Li & Ye, "Online linear programming", Oper.
 * Res. 2022). The trim is multiplicative dual mirror descent on what was really used (Balseiro, Lu & Mirrokni,
 * Oper. Res. 71, 2023, arXiv:2011.10124): it takes out what the curve cannot know, such as exploration, the
 * evaluation arm, or a mix of users that is changing. It forgets a twentieth in 1/1440 of the period's expected arrivals
 * (a minute of a day): by share of the period and not by the clock, so that a month is paced as a day is.
 */
import type { Program } from "../domain/program.ts";

const GAIN = 0.3;
const TRIM_MAX = 1;
const KEPT = 0.95;
const STEPS_A_PERIOD = 1440;

/** The price of a resource, and what is needed to find the next one. */
export interface ResourcePrice {
  /** Value per unit of the resource before the trim. ≥ 0. */
  readonly base: number;
  readonly trim: number;
  /** What one arrival may use, in the resource's unit; null when no arrival is expected any more. */
  readonly rho: number | null;
  /** All that was used in the period when the price was set. */
  readonly used: number;
}

/** An epoch that has ended. */
export interface EndedEpoch {
  readonly arrivals: number;
  /** Of the resource, in its unit. */
  readonly used: number;
  /** Expected share of the period's arrivals since the price was set. */
  readonly share: number;
  /** Arrivals of the whole period, as they are expected now. */
  readonly expected: number;
}

/** ρ, or null when no arrival is expected any more. */
export function perArrival(remaining: number, remainingArrivals: number): number | null {
  return remainingArrivals > 0 ? Math.max(0, remaining) / remainingArrivals : null;
}

export function trimAfter({ trim, rho }: ResourcePrice, ended: EndedEpoch): number {
  const kept = trim * KEPT ** (STEPS_A_PERIOD * ended.share);
  // Without a target, or with nothing left to use, there is nothing to be above or below of.
  if (rho === null || rho === 0 || !Number.isFinite(ended.expected)) return kept;
  const excess = ended.used / rho - ended.arrivals;
  const moved = kept + (GAIN / Math.sqrt(Math.max(1, ended.expected))) * excess;
  return Math.min(TRIM_MAX, Math.max(-TRIM_MAX, moved));
}

/** The price that decisions are made at. */
export function priceOf({ base, trim }: Pick<ResourcePrice, "base" | "trim">, floor: number): number {
  return Math.max(floor, base * Math.exp(trim));
}

/**
 * The least price of the budget: never spend at an efficiency V/k below the guardrail, even when money is left.
 * The price is of V − w·k, for which V/k ≥ e_min reads (V − w·k)/k ≥ e_min − w.
 */
export function priceFloor({ guardrails, objective }: Pick<Program, "guardrails" | "objective">): number {
  return Math.max(0, guardrails.minEfficiency - objective.costWeight);
}
