import type { Metrics } from "../ops/metrics.ts";
import type { AnswerMemory } from "../service/answer-memory.ts";
import type { Catalog } from "../service/catalog.ts";
import type { DecisionServices } from "../service/services.ts";

/** What the routes stand on. */
export interface Backend {
  readonly decisions: DecisionServices;
  readonly answers: AnswerMemory;
  readonly catalog: Catalog;
  readonly metrics: Metrics;
  /** False from the first sign of shutdown on. */
  readonly accepting: () => boolean;
}
