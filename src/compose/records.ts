/** What is logged, decisions and outcomes: written, kept for as long as anybody needs it, and shipped. */
import type { Ledger } from "../core/budget-ports.ts";
import type { OutcomeExchange } from "../core/outcome-ports.ts";
import type { Calendar, DecisionLog } from "../core/ports.ts";
import type { Config } from "../ops/config.ts";
import { spendingNeededSinceMs } from "../service/budget/spending-needed.ts";
import type { Treasury } from "../service/budget/treasury.ts";
import type { OutcomeBook } from "../service/outcomes/outcome-book.ts";
import type { ProgramCache } from "../service/program-cache.ts";
import type { OpenIndex } from "./log-index.ts";
import { type LogParts, openDecisionLog } from "./logs.ts";
import { openOutcomes } from "./outcomes.ts";
import { openShipping, type ShippingParts } from "./shipping.ts";

export interface RecordsParts extends ShippingParts {
  readonly index: OpenIndex;
  readonly ledger: Pick<Ledger, "settle">;
  readonly treasury: Pick<Treasury, "heard">;
  /** Null where there are no other replicas. */
  readonly exchange: OutcomeExchange | null;
  readonly mark: string;
  readonly programs: ProgramCache;
  readonly calendar: Calendar;
}

export interface Records {
  readonly log: DecisionLog;
  readonly outcomes: OutcomeBook;
  /** What waits is written. */
  close(): Promise<void>;
  /** What is left is shipped, for a few seconds. After `close`. */
  closeShipping(): Promise<void>;
}

export async function openRecords(config: Config, parts: RecordsParts): Promise<Records> {
  const { metrics, logger, index, ledger, treasury, exchange, mark, programs, calendar } = parts;
  const shipping = await openShipping(config, parts);
  const kept: LogParts = {
    metrics,
    logger,
    neededSinceMs: (kind) => {
      const loaded = programs.list().map(({ program }) => program);
      return Math.min(spendingNeededSinceMs(loaded, calendar, Date.now()), shipping.neededSinceMs(kind));
    },
    witnesses: [index.tail, shipping],
  };
  const decisions = await openDecisionLog(config, kept);
  const outcomes = await openOutcomes(config, { ...kept, index, ledger, treasury, exchange, mark });
  return {
    log: decisions.log,
    outcomes: outcomes.book,
    close: async () => {
      await decisions.close();
      await outcomes.close();
    },
    closeShipping: () => shipping.close(),
  };
}
