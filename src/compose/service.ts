/** The service, put together from its configuration. Nothing outside this folder knows adapters. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { compileRule } from "../adapters/cel/compile-rule.ts";
import { lockDirectory } from "../adapters/file/directory-lock.ts";
import { ProgramArchive } from "../adapters/file/program-archive.ts";
import { ProgramFolder } from "../adapters/file/program-folder.ts";
import { ModelFolder } from "../adapters/onnx/model-folder.ts";
import { TemporalCalendar } from "../adapters/temporal/calendar.ts";
import { WorkerAllocator } from "../adapters/worker/worker-allocator.ts";
import type { Backend } from "../http/backend.ts";
import type { Calendar } from "../core/ports.ts";
import type { Config } from "../ops/config.ts";
import { idSource, markOf, pseudonymizer } from "../ops/identity.ts";
import { exportDecisions } from "../ops/decision-metrics.ts";
import { tellLoaded } from "../ops/loaded.ts";
import { createMetrics, type Metrics } from "../ops/metrics.ts";
import { Catalog } from "../service/catalog.ts";
import { ModelCache } from "../service/model-cache.ts";
import { ProgramCache } from "../service/program-cache.ts";
import type { Treasury } from "../service/budget/treasury.ts";
import type { DecisionServices } from "../service/services.ts";
import { openAnswers } from "./answers.ts";
import { openBudgets } from "./budgets.ts";
import { type EntryPoints, openEvaluationJobs } from "./evaluation-jobs.ts";
import { openLogIndex } from "./log-index.ts";
import { openRecords } from "./records.ts";
import { rollBackIn } from "./rollout.ts";
import { openStores } from "./stores.ts";

export interface Composition {
  readonly backend: Backend;
  /** From now on not ready: load balancers send no more. */
  drain(): void;
  /** Flushes the decision log and lets go of everything. After the server is closed. */
  close(): Promise<void>;
}

/**
 * Opens the stores and loads models and programs. Faulty files are logged, never fatal: the rest serves.
 *
 * @throws Error when another process uses DATA_DIR
 */
export async function compose(config: Config, logger: Logger, entryPoints: EntryPoints): Promise<Composition> {
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(config.DATA_DIR);
  try {
    const composition = await composeInside(config, logger, entryPoints);
    return { ...composition, close: () => composition.close().finally(() => lock.release()) };
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

/** Everything in a DATA_DIR that is this process's alone. */
async function composeInside(config: Config, logger: Logger, entryPoints: EntryPoints): Promise<Composition> {
  const metrics = createMetrics();
  const calendar = new TemporalCalendar();
  const allocator = new WorkerAllocator();
  const index = await openLogIndex(config, { metrics, logger });
  const budgets = await openBudgets(config, { metrics, logger, calendar, allocator, index });
  const { treasury, ledger } = budgets;
  const mark = markOf(budgets.replica);
  const { models, programs, ...shown } = await loadCatalog(config, { metrics, logger, calendar, treasury });
  const stores = await openStores(config, metrics, logger);
  const { features, offers, exchange } = stores;
  const told = { metrics, logger, index, ledger, treasury };
  const records = await openRecords(config, { ...told, exchange, mark, programs, calendar });
  const parts = { programs, models, features, offers, calendar, log: records.log, allocator, funds: treasury };
  const decisions: DecisionServices = {
    ...parts,
    ...ambientOf(config, metrics, mark),
    logged: (record) => {
      index.decisions.add(record);
      records.outcomes.decided(record.decisionId);
    },
  };
  const answers = openAnswers(decisions, index.decisions, { store: stores.answers, whenDown: config.RETRIES, logger });
  const judging = { metrics, logger, models, compileRule, calendar, newId: decisions.newId, entryPoints };
  const evaluations = await openEvaluationJobs(config, judging);
  let accepting = true;
  return {
    backend: {
      decisions,
      ...answers.parts,
      outcomes: records.outcomes,
      ...shown,
      evaluations,
      budgets: treasury,
      metrics,
      accepting: () => accepting,
    },
    drain: () => {
      accepting = false;
    },
    close: async () => {
      for (const part of [evaluations, answers, records]) await part.close();
      await Promise.all([budgets.close(), records.closeShipping()]);
      for (const part of [index, allocator, stores, models]) await part.close();
    },
  };
}

/** Clocks, ids and what else is not a store of the service. */
function ambientOf(config: Config, metrics: Metrics, mark: string) {
  return {
    metrics: exportDecisions(metrics),
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: idSource(Date.now, mark),
    pseudonym: pseudonymizer(config.USER_ID_PEPPER),
  };
}

interface CatalogParts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly calendar: Calendar;
  readonly treasury: Treasury;
}

/** Every load tells the operators, and the treasury which budgets there are. */
async function loadCatalog(config: Config, { metrics, logger, calendar, treasury }: CatalogParts) {
  const models = new ModelCache(modelFolder(config, metrics));
  const programs = programCache(config, models, calendar);
  const catalog = new Catalog({
    models,
    programs,
    onLoaded: (answer) => {
      tellLoaded(answer, { catalog, metrics, logger, nowMs: Date.now });
      treasury.adopt(programs.list().map(({ program }) => program));
    },
  });
  await catalog.load();
  return { models, programs, catalog, rollBack: rollBackIn(config, models) };
}

function modelFolder(config: Config, metrics: Metrics): ModelFolder {
  return new ModelFolder({
    directory: config.MODELS_DIR,
    now: Date.now,
    onBatch: (model, rows) => metrics.batches.observe(model, rows),
  });
}

function programCache(config: Config, models: ModelCache, calendar: Calendar): ProgramCache {
  return new ProgramCache({
    files: new ProgramFolder(config.PROGRAMS_DIR),
    archive: new ProgramArchive(join(config.DATA_DIR, "programs")),
    models,
    compileRule,
    calendar,
  });
}
