/** Outcomes: their log, what they settle, and what they are matched with. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import { FileDecisionLog } from "../adapters/file/decision-log.ts";
import type { Ledger } from "../core/budget-ports.ts";
import { OUTCOME_SCHEMA, type OutcomeRecord } from "../core/domain/outcome.ts";
import type { Config } from "../ops/config.ts";
import type { Metrics } from "../ops/metrics.ts";
import { countSettlement, exportOutcomes } from "../ops/outcome-metrics.ts";
import type { Timer } from "../service/budget/budget-holder.ts";
import { OutcomeBook } from "../service/outcomes/outcome-book.ts";
import { Settler } from "../service/outcomes/settler.ts";
import type { OpenIndex } from "./log-index.ts";

export interface OutcomesParts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly index: OpenIndex;
  readonly ledger: Pick<Ledger, "settle">;
  readonly timer: Timer;
}

export interface OpenOutcomes {
  readonly book: OutcomeBook;
  close(): Promise<void>;
}

/** What was in the log and not yet done is done. */
export async function openOutcomes(config: Config, parts: OutcomesParts): Promise<OpenOutcomes> {
  const { metrics, logger, index, ledger, timer } = parts;
  const settler = new Settler({
    index: index.outcomes,
    ledger,
    timer,
    nowMs: Date.now,
    settled: ({ budget }, result) => countSettlement(metrics.outcomes, budget, result),
    failed: (err) => {
      metrics.outcomes.settlementFailures.inc();
      logger.warn({ err }, "settlements wait for the ledger");
    },
  });
  const directory = join(config.DATA_DIR, "outcomes");
  const log = outcomeLog(config, directory, parts);
  const book = new OutcomeBook({
    log,
    decisions: index.decisions,
    outcomes: index.outcomes,
    settler,
    metrics: exportOutcomes(metrics.outcomes),
    nowMs: Date.now,
  });
  await index.tail.recall(directory, OUTCOME_SCHEMA, (outcome) => book.recall(outcome as OutcomeRecord));
  await book.matchAll();
  settler.wake();
  return {
    book,
    close: async () => {
      await log.close();
      await settler.close();
    },
  };
}

function outcomeLog(config: Config, directory: string, { metrics, logger, index }: OutcomesParts): FileDecisionLog {
  return new FileDecisionLog({
    directory,
    durability: config.DURABILITY,
    clock: Date.now,
    stopwatch: () => performance.now(),
    segmentSuffix: () => randomBytes(4).toString("hex"),
    observer: {
      queued: () => undefined,
      wrote: ({ bytes }) => metrics.logBytes.inc(bytes),
      segmentOpened: (path) => {
        index.tail.opened(directory, path);
        logger.info({ path }, "outcome log segment");
      },
      failed: (err, refusedLines) => {
        metrics.logErrors.inc();
        logger.error({ err, refusedLines }, "outcome log cannot be written");
      },
    },
  });
}
