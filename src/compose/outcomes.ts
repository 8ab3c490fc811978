/** Outcomes: their log, what they settle, and what they are matched with. */
import type { Ledger } from "../core/budget-ports.ts";
import type { OutcomeExchange } from "../core/outcome-ports.ts";
import { OUTCOME_SCHEMA, type OutcomeRecord } from "../core/domain/outcome.ts";
import type { Config } from "../ops/config.ts";
import { countSettlement, exportOutcomes } from "../ops/outcome-metrics.ts";
import type { Treasury } from "../service/budget/treasury.ts";
import { OutcomeBook } from "../service/outcomes/outcome-book.ts";
import { OutcomeForwarding } from "../service/outcomes/outcome-forwarding.ts";
import { Settler } from "../service/outcomes/settler.ts";
import type { OpenIndex } from "./log-index.ts";
import { type LogParts, openOutcomeLog } from "./logs.ts";
import { TIMER } from "./timer.ts";

export interface OutcomesParts extends LogParts {
  readonly index: OpenIndex;
  readonly ledger: Pick<Ledger, "settle">;
  readonly treasury: Pick<Treasury, "heard">;
  readonly exchange: OutcomeExchange | null;
  readonly mark: string;
}

export interface OpenOutcomes {
  readonly book: OutcomeBook;
  close(): Promise<void>;
}

/** What was in the log and not yet done is done. */
export async function openOutcomes(config: Config, parts: OutcomesParts): Promise<OpenOutcomes> {
  const { metrics, logger, index, ledger, treasury } = parts;
  const settler = new Settler({
    index: index.outcomes,
    ledger,
    timer: TIMER,
    nowMs: Date.now,
    settled: ({ budget }, result) => countSettlement(metrics.outcomes, budget, result),
    failed: (err) => {
      metrics.outcomes.settlementFailures.inc();
      logger.warn({ err }, "settlements wait for the ledger");
    },
  });
  const forwarding = forwardingOf(parts);
  const kept = await openOutcomeLog(config, parts);
  const counters = exportOutcomes(metrics.outcomes);
  let learning: Pick<Treasury, "heard"> | null = null;
  const book = new OutcomeBook({
    log: kept.log,
    decisions: index.decisions,
    outcomes: index.outcomes,
    settler,
    forwarding,
    metrics: {
      ...counters,
      matched: (outcome, decision) => {
        counters.matched(outcome, decision);
        learning?.heard(outcome, decision);
      },
    },
    nowMs: Date.now,
  });
  await index.tail.recall("outcomes", OUTCOME_SCHEMA, (outcome) => book.recall(outcome as OutcomeRecord));
  // What is recalled was counted when it came.
  learning = treasury;
  await book.matchAll();
  settler.wake();
  forwarding?.start((outcomes) => book.takeForwarded(outcomes));
  return {
    book,
    close: async () => {
      await forwarding?.close();
      await kept.close();
      await settler.close();
    },
  };
}

/** Null where there are no other replicas. */
function forwardingOf({ metrics, logger, index, exchange, mark }: OutcomesParts): OutcomeForwarding | null {
  if (exchange === null) return null;
  return new OutcomeForwarding({
    exchange,
    mark,
    index: index.outcomes,
    timer: TIMER,
    nowMs: Date.now,
    failed: (err) => {
      metrics.outcomes.forwardingFailures.inc();
      logger.warn({ err }, "outcomes wait for the other replicas");
    },
  });
}
