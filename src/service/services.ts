import type { Allocator, Calendar, DecisionLog, FeatureStore, OfferHistory } from "../core/ports.ts";
import type { DecisionRecord } from "../core/domain/record.ts";
import type { Funds } from "./funds.ts";
import type { DecisionMetrics } from "./decision-metrics.ts";
import type { ModelCache } from "./model-cache.ts";
import type { ProgramCache } from "./program-cache.ts";

/** Everything a decision needs of the world, put together once in `compose/`. */
export interface DecisionServices {
  readonly programs: ProgramCache;
  readonly models: ModelCache;
  readonly features: FeatureStore;
  readonly offers: OfferHistory;
  readonly funds: Funds;
  readonly log: DecisionLog;
  readonly allocator: Allocator;
  readonly metrics: DecisionMetrics;
  readonly calendar: Calendar;
  /** Wall clock, ms since 1970. */
  readonly nowMs: () => number;
  /** Clock that never goes back, ms, for latencies. */
  readonly monotonicMs: () => number;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** How a user or unit id is written to the log: as is, or as a keyed hash. */
  readonly pseudonym: (id: string) => string;
  /** A decision is in the log, and will be answered. */
  readonly logged: (record: DecisionRecord) => void;
}
