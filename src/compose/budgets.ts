/** The money: a ledger and a board, embedded or in Redis, and the treasury that decisions ask. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import { openFilePacingBoard } from "../adapters/file/pacing-board.ts";
import { LoggedSpending } from "../adapters/file/spending-history.ts";
import { openLeaseBook } from "../adapters/memory/lease-book.ts";
import { openEmbeddedLedger } from "../adapters/memory/ledger.ts";
import { openRedis } from "../adapters/redis/connection.ts";
import { RedisLedger } from "../adapters/redis/ledger/ledger.ts";
import { RedisPacingBoard } from "../adapters/redis/pacing-board.ts";
import type { Ledger, PacingBoard } from "../core/budget-ports.ts";
import type { OutcomeRecord } from "../core/domain/outcome.ts";
import type { DueSettlement } from "../core/outcomes/settlement.ts";
import type { Allocator, Calendar } from "../core/ports.ts";
import { tellBudgets } from "../ops/budgets.ts";
import type { Config } from "../ops/config.ts";
import type { Metrics } from "../ops/metrics.ts";
import { Reaper, steadyClock } from "../service/budget/reaper.ts";
import { Treasury } from "../service/budget/treasury.ts";
import { dueSettlement } from "../service/outcomes/due-settlement.ts";
import type { OpenIndex } from "./log-index.ts";
import { TIMER } from "./timer.ts";

/** Longer than any answer of a healthy Redis; nobody decides meanwhile. */
const LEDGER_ANSWER_MS = 250;
/** How long a grant may take to reach Redis' replicas. */
const CONFIRM_MS = 100;
const REAP_INTERVAL_MS = 5_000;

export interface Budgets {
  readonly treasury: Treasury;
  readonly ledger: Ledger;
  /** This replica, stable over restarts. */
  readonly replica: string;
  /** Reports and returns what is held, after the decision log is closed. */
  close(): Promise<void>;
}

export interface BudgetsParts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly calendar: Calendar;
  readonly allocator: Allocator;
  readonly index: OpenIndex;
}

export async function openBudgets(
  config: Config,
  { metrics, logger, calendar, allocator, index }: BudgetsParts,
): Promise<Budgets> {
  const store = await openLedgerStore(config, metrics, logger);
  const book = await openLeaseBook({ dataDir: config.DATA_DIR, newReplica: randomUUID });
  const tell = tellBudgets({ metrics, logger });
  const clock = steadyClock(Date.now, () => performance.now());
  const reaper = new Reaper({
    ledger: store.ledger,
    timer: TIMER,
    // Nothing expires before both clocks say so: one that was wrong at the start, and one that is wrong now.
    clock: () => Math.min(clock(), Date.now()),
    intervalMs: REAP_INTERVAL_MS,
    expired: tell.expired,
    failed: tell.reapFailed,
  });
  const treasury = new Treasury({
    ...store,
    book,
    reaper,
    calendar,
    allocator,
    history: new LoggedSpending(
      { decisions: join(config.DATA_DIR, "decisions"), outcomes: join(config.DATA_DIR, "outcomes") },
      owedBy(index),
    ),
    timer: TIMER,
    clock,
    nowMs: Date.now,
    observer: tell,
    reported: tell.reported,
    failed: tell.pricingFailed,
  });
  reaper.start();
  return {
    treasury,
    ledger: store.ledger,
    replica: book.holder.replica,
    close: async () => {
      await treasury.close();
      await reaper.close();
      await book.close();
      await store.close();
    },
  };
}

function owedBy({ decisions, outcomes }: OpenIndex) {
  return (outcome: OutcomeRecord): DueSettlement | null => {
    const decision = decisions.decision(outcome.decisionId);
    return decision === null ? null : dueSettlement(outcome, decision, outcomes);
  };
}

interface LedgerStore {
  readonly ledger: Ledger;
  readonly board: PacingBoard;
  close(): Promise<void>;
}

async function openLedgerStore(config: Config, metrics: Metrics, logger: Logger): Promise<LedgerStore> {
  return config.REDIS_URL === undefined
    ? await openEmbedded(config, metrics)
    : await openInRedis({ ...config, REDIS_URL: config.REDIS_URL }, metrics, logger);
}

async function openEmbedded({ DATA_DIR, DURABILITY }: Config, metrics: Metrics): Promise<LedgerStore> {
  metrics.ledgerUp.set(1);
  const ledger = await openEmbeddedLedger({ dataDir: DATA_DIR, durability: DURABILITY, clock: Date.now });
  const board = await openFilePacingBoard(join(DATA_DIR, "pacing"), Date.now);
  return {
    ledger,
    board,
    close: async () => {
      await ledger.close();
      await board.close();
    },
  };
}

/** A connection of its own: a grant that waits for Redis' replicas holds it up, and no feature may wait behind it. */
async function openInRedis(
  { REDIS_URL: url, REDIS_REPLICAS: replicasToConfirm }: Config & { readonly REDIS_URL: string },
  metrics: Metrics,
  logger: Logger,
): Promise<LedgerStore> {
  const connection = await openRedis({
    url,
    timeoutMs: LEDGER_ANSWER_MS,
    scripts: "together",
    now: () => performance.now(),
    onState: (state) => {
      metrics.ledgerUp.set(state === "up" ? 1 : 0);
      logger[state === "up" ? "info" : "error"]({ state }, "budget ledger");
    },
  });
  return {
    ledger: new RedisLedger({ connection, replicasToConfirm, confirmMs: CONFIRM_MS }),
    board: new RedisPacingBoard(connection),
    close: async () => connection.close(),
  };
}
