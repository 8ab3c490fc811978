/** Tells operators what becomes of budgets: metrics of every exchange, a log line whenever something changes. */
import type { Logger } from "pino";
import type { BudgetAnswer } from "../contract/budget.ts";
import type { AccountId } from "../core/domain/budget.ts";
import type { BudgetObserver } from "../service/budget/budget-holder.ts";
import type { Pool } from "../service/budget/pool.ts";
import { showBudget } from "./budget-metrics.ts";
import type { Metrics } from "./metrics.ts";

export interface BudgetTelling extends BudgetObserver {
  readonly expired: (account: AccountId, count: number) => void;
  readonly reapFailed: (account: AccountId, cause: unknown) => void;
  readonly reported: (report: BudgetAnswer) => void;
  readonly pricingFailed: (pool: Pool, cause: unknown) => void;
}

export function tellBudgets({
  metrics,
  logger,
}: {
  readonly metrics: Metrics;
  readonly logger: Logger;
}): BudgetTelling {
  const { budgets } = metrics;
  const say = onChange(logger);
  return {
    exchanged: ({ account }, answer) => {
      budgets.turns.inc({ budget: account.budget, outcome: answer });
      say(account, "lease", answer);
    },
    failed: ({ account }, cause) => {
      budgets.turns.inc({ budget: account.budget, outcome: "failed" });
      say(account, "lease", `failed: ${reasonOf(cause)}`);
    },
    expired: ({ budget }, count) => budgets.expired.inc({ budget }, count),
    reapFailed: (account, cause) => say(account, "reaper", `failed: ${reasonOf(cause)}`),
    reported: (report) => {
      showBudget(budgets, report);
      const { pool: budget, period } = report;
      say({ budget, period: period?.id ?? "" }, "budget", report.state);
    },
    pricingFailed: ({ declared }, cause) =>
      say({ budget: declared.pool, period: "" }, "prices", `stay: ${reasonOf(cause)}`),
  };
}

/** A state that lasts is told once. */
function onChange(logger: Logger) {
  const last = new Map<string, string>();
  return ({ budget, period }: AccountId, what: string, state: string): void => {
    const key = `${what} ${budget} ${period}`;
    if (last.get(key) === state) return;
    last.set(key, state);
    logger[GOOD_STATES.has(state) ? "info" : "warn"]({ budget, period, state }, what);
  };
}

const GOOD_STATES: ReadonlySet<string> = new Set(["synced", "paying"]);

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "unknown trouble";
}
