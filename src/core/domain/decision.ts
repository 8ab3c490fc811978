import type { Facts, Mode, Program } from "./program.ts";

/** Why an action may not be offered to this user now, whatever it would be worth. */
export const EXCLUSIONS = [
  "ineligible",
  "not_requested",
  "paused",
  "cold_start",
  "unavailable",
  "cap_reached",
  "cooldown",
  "action_limit",
  "channel_limit",
  "budget_exhausted",
] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];

/** Why an action that may be offered is not economic, in the order in which the rules are judged. */
export const PRUNINGS = [
  "unpriced",
  "no_value",
  "not_credible",
  "too_expensive",
  "inefficient",
  "below_marginal_efficiency",
] as const;
export type Pruning = (typeof PRUNINGS)[number];

export const ARMS = ["holdout", "evaluation", "policy"] as const;
export type Arm = (typeof ARMS)[number];

export const STATUSES = [
  "normal",
  "degraded_features",
  "degraded_budget",
  "degraded_model",
  "safe_default",
  "paused",
] as const;
export type Status = (typeof STATUSES)[number];

/**
 * Scores in money, one entry per action of the program in its order (entry 0 is `no_offer`: all 0).
 * Every number is finite, or NaN: not scored. `value` = V, `valueStd` = σ_V ≥ 0, `cost` = c.
 */
export interface Scores {
  readonly value: readonly number[];
  readonly valueStd: readonly number[];
  readonly cost: readonly number[];
  /** Of a program that draws by `thompson`, if a model scored; else null. */
  readonly replicates: Replicates | null;
}

/**
 * V and c of every action in each bootstrap replicate of the model: per action of the program, per replicate. Every
 * number is finite, or NaN. `no_offer` has none: it is worth 0 in all of them.
 */
export interface Replicates {
  readonly value: readonly (readonly number[])[];
  readonly cost: readonly (readonly number[])[];
}

/** What the scores stand on: a model run, the program's declared priors, or nothing (explore evenly). */
export const BASES = ["model", "prior", "explore"] as const;
export type Basis = (typeof BASES)[number];

/** Prices of the pacing epoch the decision is made in; the same for every decision of the epoch. */
export interface Pacing {
  /** The second since 1970 in which it began; 0 without a budget, and before its first prices. */
  readonly epoch: number;
  /** λ ≥ 0: value per money below which the budget has better uses. */
  readonly lambda: number;
  /** μ_j ≥ 0, value per offer, of each volume limit that binds: by `action:<id>` and `channel:<id>`. */
  readonly mu: Readonly<Record<string, number>>;
  /** Money the budget can afford per arrival that is still expected; null without a budget. */
  readonly rho: number | null;
  /** Per action of the program: what of its predicted cost c is charged to this period, e.g. its bias; null: c as it is. */
  readonly inPeriod: readonly number[] | null;
}

/** Whether the policy arm may explore: the money set aside for it covers what it may draw, or does not. */
export const EXPLORING = ["open", "spent"] as const;
export type Exploring = (typeof EXPLORING)[number];

/** Everything known when deciding. The same situation always gives the same decision, bit for bit. */
export interface Situation {
  readonly program: Program;
  /** The program's state; recorded, as a program may have been paused by what is not in its file. */
  readonly mode: Mode;
  readonly facts: Facts;
  /** The caller's choice of candidates; null means all. `no_offer` is always one. */
  readonly requested: readonly string[] | null;
  /** A reason to offer nothing paid at all, or null. */
  readonly withheld: Exclusion | null;
  /** Per action of the program: why a cap or a volume limit closes it now, or null; null: none is closed. */
  readonly closed: readonly (Exclusion | null)[] | null;
  /** What this replica may spend at this moment, in whole micros; null: the program has no budget. */
  readonly availableMicros: number | null;
  /** What this replica may spend on exploration at this moment, in whole micros; null: as much as on offers. */
  readonly explorationMicros: number | null;
  readonly basis: Basis;
  readonly scores: Scores;
  readonly pacing: Pacing;
  /** The unit's arm, and the action draw u in [0, 1). */
  readonly draws: { readonly arm: Arm; readonly action: number };
}

/** What became of each action, in the program's order, and what was drawn. */
export interface Decision {
  /** Per action: why it was excluded, or null. Entry 0 is always null. */
  readonly excluded: readonly (Exclusion | null)[];
  /** Per action: why it was pruned, or null. Entry 0 is always null. */
  readonly pruned: readonly (Pruning | null)[];
  /** Per action: net = V − (w + λ)·k; −∞ where excluded, pruned or not scored. */
  readonly net: readonly number[];
  /** Index of the live action with the largest net: what is drawn when nothing is explored. */
  readonly best: number;
  /** Null: the program sets no money aside for exploration. */
  readonly exploring: Exploring | null;
  /** Probability of each action inside the unit's arm. */
  readonly inArm: readonly number[];
  /** Marginal probability of each action over all arms. */
  readonly marginal: readonly number[];
  /** Share of all units that the unit's arm holds. */
  readonly armShare: number;
  /** Index of the drawn action in the program's actions. */
  readonly chosen: number;
}
