import type { Cap } from "./cap.ts";
import type { Funding } from "./funding.ts";

/** The one action that is always there: do nothing. Value 0, cost 0, index 0 in every program. */
export const NO_OFFER = "no_offer";

/** What a rule may ask about: named feature values (missing ones are absent) and the caller's context. */
export interface Facts {
  readonly features: Readonly<Record<string, number | string>>;
  readonly context: Readonly<Record<string, number | string | boolean>>;
}

/** A compiled eligibility or routing rule. Total: a rule that cannot be judged on these facts is false. */
export type Rule = (facts: Facts) => boolean;

/** Something we can do to a user. Money in units of the program's currency. */
export interface Action {
  readonly id: string;
  readonly channel: string | null;
  /** The volumes an offer of it counts against, by name; none of `no_offer`. */
  readonly volumes: readonly string[];
  /** Paid whatever the user does, e.g. the fee of sending. ≥ 0. */
  readonly fixedCost: number;
  /** The most this action may be expected to cost, ≥ 0; `Infinity` when not limited. */
  readonly maxCost: number;
  /** Declared value and cost for users nothing is known about; null when not declared. */
  readonly prior: { readonly value: number; readonly cost: number } | null;
}

export interface Route {
  /** null matches everybody. */
  readonly when: Rule | null;
  readonly model: ModelReference;
}

export interface ModelReference {
  readonly name: string;
  readonly version: string;
}

/** `V = Σ weight_h · v_h` over value heads; `w = costWeight`: 1 maximizes profit, 0 value. */
export interface Objective {
  readonly costWeight: 0 | 1;
  readonly value: readonly { readonly head: string; readonly weight: number }[];
  readonly cost: string;
}

export interface Guardrails {
  /** Standard deviations between V and its lower bound: the normal quantile of `minConfidence`. */
  readonly confidenceZ: number;
  /** Largest c/V that is economic; `Infinity` when not limited. */
  readonly maxCostPerValue: number;
  /** Smallest V/k that is economic (λ_min). */
  readonly minEfficiency: number;
}

/** How the policy arm draws; the formulas are in `core/decision/explore.ts`. */
export type Strategy =
  | { readonly strategy: "greedy" }
  | { readonly strategy: "epsilon"; readonly epsilon: number }
  | {
      readonly strategy: "skewed";
      readonly epsilon: number;
      /** The part of ε that is spread evenly, so that no live action is without. In [0, 1]. */
      readonly evenShare: number;
      /** The cost at which an action's value weighs half of what it would for nothing. > 0. */
      readonly costUnit: number;
    }
  /** `temperature`: the money of net at which an action is e times less likely than the best. > 0. */
  | { readonly strategy: "softmax"; readonly temperature: number }
  | {
      readonly strategy: "inverse-gap";
      readonly gamma: number;
      /** The money that counts as one unit of gap, so that γ has a meaning. > 0. */
      readonly gapUnit: number;
    }
  | { readonly strategy: "thompson" };

export type Exploration = Strategy & {
  /** Least probability of every live action in the policy arm. */
  readonly floor: number;
  /** The most of the budget's amount that a period may spend on exploration, in [0, 1]; absent: no limit of its own. */
  readonly budgetShare?: number | undefined;
  readonly salt: string;
};

/** A share of units set aside by a salted hash. Share in [0, 1]. */
export interface ArmShare {
  readonly share: number;
  readonly salt: string;
}

/** The arm whose draws do not depend on the model. */
export interface EvaluationArm extends ArmShare {
  /** Weight of each action in the program's order, ≥ 0, that of `no_offer` > 0; null: all the same. */
  readonly table: readonly number[] | null;
}

/**
 * What is done with decisions.
 *
 * - `live`: what is drawn is offered
 * - `shadow`: drawn and logged along with every decision of another program, the incumbent, and never offered
 * - `log-only`: judged and logged, and everybody gets `no_offer`
 * - `paused`: nobody is looked at, and everybody gets `no_offer`
 */
export const MODES = ["live", "shadow", "log-only", "paused"] as const;
export type Mode = (typeof MODES)[number];

export type ColdStart = "no_offer" | "prior" | "explore";

/** One validated, compiled incentive campaign. Immutable; a change is a new digest. */
export interface Program {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
  readonly description: string;
  readonly state: Mode;
  /** The incumbent that a shadow decides along with; null for any other program. */
  readonly shadows: string | null;
  readonly currency: string;
  readonly randomizationUnit: "user" | "cluster";
  /** `no_offer` first, then as declared. */
  readonly actions: readonly Action[];
  readonly routes: readonly Route[];
  readonly objective: Objective;
  readonly eligibility: Rule | null;
  readonly guardrails: Guardrails;
  readonly holdout: ArmShare;
  readonly evaluation: EvaluationArm;
  readonly exploration: Exploration;
  /** How often a user, or a cluster, may be offered something. */
  readonly caps: readonly Cap[];
  /** null: what it offers is not limited by money. */
  readonly funding: Funding | null;
  readonly features: { readonly maxAgeMs: number; readonly coldStart: ColdStart };
  /** How long an answer may be acted upon. */
  readonly offerTtlMs: number;
  /** What a user was told holds for so long; null: every request is drawn afresh. At most `offerTtlMs`. */
  readonly stickyMs: number | null;
}
