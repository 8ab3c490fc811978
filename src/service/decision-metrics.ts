import type { DecisionRecord } from "../core/domain/record.ts";
import type { ErrorCode } from "../core/errors.ts";

/** The stages of a request, in order; `total` covers them all. */
export const STAGES = ["gather", "score", "decide", "log", "total"] as const;
export type Stage = (typeof STAGES)[number];

/** What the decision service counts. The exporter behind it keeps label sets closed. */
export interface DecisionMetrics {
  stage(stage: Stage, elapsedMs: number): void;
  decided(record: DecisionRecord): void;
  /** Age of the feature row a decision used, ms. */
  featureAge(program: string, ageMs: number): void;
  missingFeature(program: string, feature: string): void;
  contractMismatch(set: string): void;
  /** A failure that a decision survived. */
  trouble(code: ErrorCode): void;
  /** A shadow's decision that could not be made or logged; the incumbent's was. */
  shadowFailed(program: string): void;
  /** A retried request answered with the first decision. */
  retried(): void;
  /** A user was told again what holds for the window. */
  repeated(program: string): void;
}
