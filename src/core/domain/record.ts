import type { Arm, Basis, Exclusion, Exploring, Pacing, Pruning, Status } from "./decision.ts";
import type { Mode } from "./program.ts";

export const RECORD_SCHEMA = "liftgate.decision.v1";

/** One action of a logged decision; numbers that do not exist are null. */
export interface RecordedCandidate {
  readonly action: string;
  readonly value: number | null;
  readonly valueStd: number | null;
  readonly cost: number | null;
  readonly net: number | null;
  readonly excluded: Exclusion | null;
  readonly pruned: Pruning | null;
  readonly inArm: number;
  readonly p: number;
  /** Of a paid action of a program that draws by `thompson`, if a model scored it. */
  readonly replicates?: RecordedReplicates;
}

/** V and c in each bootstrap replicate of the model, in its order. */
export interface RecordedReplicates {
  readonly value: readonly (number | null)[];
  readonly cost: readonly (number | null)[];
}

/** The features a decision stood on. */
export interface RecordedFeatures {
  readonly contract: string;
  /** The packed row in contract order; null is missing. */
  readonly values: readonly (number | null)[];
  readonly observedAt: string | null;
  readonly missing: readonly string[];
  readonly stale: boolean;
}

/**
 * Why a drawn action was not given after all. Non-compliance, not a new draw: action and propensity stay as
 * drawn. `cap_unknown`: the store of past offers could not keep it, so it would not have been counted.
 */
export const OVERRIDES = ["cap_unknown"] as const;
export type Override = (typeof OVERRIDES)[number];

/** Money held for an offer until its cost is known; the reservation's id is the decision's. */
export interface RecordedReservation {
  readonly id: string;
  /** Budget and period it is held in, such as `hillstrom-email/2026-11@UTC`. */
  readonly account: string;
  readonly lease: string;
  readonly amountMicros: number;
  /** The part that is owed whatever the user does. */
  readonly fixedMicros: number;
  /** What counts as spent on exploration, for good, and the account beside the money's that it is counted in. */
  readonly exploration: { readonly volume: string; readonly amountMicros: number } | null;
  /** The limited volumes the offer counts against. */
  readonly volumes: readonly string[];
  readonly expiresAt: string;
}

/** Whose request it was and what it asked: a retry is the same caller's, of the same question. */
export interface RecordedQuestion {
  readonly caller: string;
  /** 32 hexadecimal digits; the user is in it as the log has them. */
  readonly fingerprint: string;
}

export interface ActiveOffer {
  readonly program: string;
  readonly action: string;
  readonly since: string;
}

/**
 * One line of the decision log: all that was known, all that was computed, what was drawn. Together
 * with the program of its digest it gives the same decision again, bit for bit.
 */
export interface DecisionRecord {
  readonly schema: typeof RECORD_SCHEMA;
  readonly decisionId: string;
  readonly requestId: string;
  /** Null: the request came without an id, and nobody can repeat it. */
  readonly question: RecordedQuestion | null;
  /** The window in which the decision holds for the user; null: it was made for this request only. */
  readonly window: number | null;
  readonly time: string;
  /** The offer may not be honoured from then on. */
  readonly expiresAt: string;
  readonly currency: string;
  readonly program: { readonly id: string; readonly version: number; readonly digest: string };
  readonly mode: Mode;
  /**
   * Of a shadow: the decision it was made along with, of the same request. Its own action and probabilities are those
   * of the shadow, as if it were live; nobody was offered them. Null for any other program.
   */
  readonly incumbent: string | null;
  readonly status: Status;
  readonly user: string;
  readonly unit: string;
  readonly surface: string | null;
  /** The model the user was routed to, also when its scores could not be had. */
  readonly model: { readonly name: string; readonly version: string; readonly digest: string } | null;
  readonly features: RecordedFeatures | null;
  /** The named values the program's rules were judged on. */
  readonly facts: Readonly<Record<string, number | string>>;
  readonly context: Readonly<Record<string, number | string | boolean>>;
  readonly requested: readonly string[] | null;
  readonly withheld: Exclusion | null;
  readonly closed: readonly (Exclusion | null)[] | null;
  readonly availableMicros: number | null;
  readonly explorationMicros: number | null;
  readonly exploring: Exploring | null;
  readonly basis: Basis;
  readonly candidates: readonly RecordedCandidate[];
  readonly arm: Arm;
  readonly armShare: number;
  readonly u: number;
  readonly action: string;
  readonly propensity: number;
  /**
   * What the user was told: the drawn action, or `no_offer` where it was overridden after the draw; of a shadow what
   * the incumbent told them, which need not be an action of the shadow.
   */
  readonly realizedAction: string;
  readonly override: Override | null;
  readonly pacing: Pacing;
  readonly reservation: RecordedReservation | null;
  /** What other programs' offers to this user are still open. */
  readonly active: readonly ActiveOffer[];
  readonly latencyMs: number;
}
