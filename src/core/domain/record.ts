import type { Arm, Basis, Exclusion, Pacing, Pruning, Status } from "./decision.ts";

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
 * One line of the decision log: all that was known, all that was computed, what was drawn. Together
 * with the program of its digest it gives the same decision again, bit for bit.
 */
export interface DecisionRecord {
  readonly schema: typeof RECORD_SCHEMA;
  readonly decisionId: string;
  readonly requestId: string;
  readonly time: string;
  readonly program: { readonly id: string; readonly version: number; readonly digest: string };
  readonly mode: "live" | "paused";
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
  readonly basis: Basis;
  readonly candidates: readonly RecordedCandidate[];
  readonly arm: Arm;
  readonly armShare: number;
  readonly u: number;
  readonly action: string;
  readonly propensity: number;
  readonly realizedAction: string;
  readonly override: null;
  readonly pacing: Pacing;
  readonly reservation: null;
  readonly active: readonly [];
  readonly latencyMs: number;
}
