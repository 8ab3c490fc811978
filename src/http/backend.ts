import type { BudgetAnswer } from "../contract/budget.ts";
import type { LeaseHolder } from "../core/domain/budget.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { AnswerMemory } from "../service/answers/answer-memory.ts";
import type { Catalog } from "../service/catalog.ts";
import type { EvaluationJobs } from "../service/evaluation-jobs/evaluation-jobs.ts";
import type { LogIndex } from "../service/log-index.ts";
import type { OutcomeBook } from "../service/outcomes/outcome-book.ts";
import type { RollBack } from "../service/rollout/roll-back.ts";
import type { Change } from "../service/rollout/rollout-store.ts";
import type { StickyAnswers } from "../service/answers/sticky-answers.ts";
import type { UserMemory } from "../service/user-memory.ts";
import type { DecisionServices } from "../service/services.ts";

/** What is known of the money of a program's pool; null for a program without a budget. */
export interface Budgets {
  report(programId: string): BudgetAnswer | null;
  /** Ends the leases of a replica that will not be back; what returned. Throws `ledger_unavailable`. */
  writeOff(programId: string, holder: LeaseHolder): Promise<number | null>;
}

/** What the routes stand on. */
export interface Backend {
  readonly decisions: DecisionServices;
  readonly answers: AnswerMemory;
  /** What was answered before. */
  readonly past: Pick<LogIndex, "answered" | "toldAlone">;
  readonly sticky: StickyAnswers;
  readonly users: Pick<UserMemory, "forget">;
  readonly outcomes: Pick<OutcomeBook, "take">;
  readonly catalog: Catalog;
  readonly rollBack: (request: RollBack) => Promise<Change>;
  readonly evaluations: Pick<EvaluationJobs, "ask" | "remove" | "kept">;
  readonly budgets: Budgets;
  readonly metrics: Metrics;
  /** False from the first sign of shutdown on. */
  readonly accepting: () => boolean;
}
