/** The service, put together from its configuration. Nothing outside this folder knows adapters. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { compileRule } from "../adapters/cel/compile-rule.ts";
import { FileDecisionLog } from "../adapters/file/decision-log.ts";
import { ProgramArchive } from "../adapters/file/program-archive.ts";
import { ProgramFolder } from "../adapters/file/program-folder.ts";
import { ModelFolder } from "../adapters/onnx/model-folder.ts";
import { TemporalCalendar } from "../adapters/temporal/calendar.ts";
import { WorkerAllocator } from "../adapters/worker/worker-allocator.ts";
import type { Backend } from "../http/backend.ts";
import type { Calendar } from "../core/ports.ts";
import type { LogKind } from "../core/shipping-ports.ts";
import type { Config } from "../ops/config.ts";
import { idSource, pseudonymizer } from "../ops/identity.ts";
import { exportDecisions } from "../ops/decision-metrics.ts";
import { tellLoaded } from "../ops/loaded.ts";
import { createMetrics, type Metrics } from "../ops/metrics.ts";
import { AnswerMemory } from "../service/answer-memory.ts";
import { Catalog } from "../service/catalog.ts";
import { ModelCache } from "../service/model-cache.ts";
import { ProgramCache } from "../service/program-cache.ts";
import type { Treasury } from "../service/budget/treasury.ts";
import type { DecisionServices } from "../service/services.ts";
import { openBudgets } from "./budgets.ts";
import { openShipping, type Shipping } from "./shipping.ts";
import { openStores } from "./stores.ts";

export interface Composition {
  readonly backend: Backend;
  /** What may not be deleted from a log yet: see `Shipping`. */
  neededSinceMs(kind: LogKind): number;
  /** From now on not ready: load balancers send no more. */
  drain(): void;
  /** Flushes the decision log and lets go of everything. After the server is closed. */
  close(): Promise<void>;
}

/** Opens the stores and loads models and programs. Faulty files are logged, never fatal: the rest serves. */
export async function compose(config: Config, logger: Logger): Promise<Composition> {
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 });
  const metrics = createMetrics();
  const calendar = new TemporalCalendar();
  const allocator = new WorkerAllocator();
  const budgets = await openBudgets(config, { metrics, logger, calendar, allocator });
  const { treasury } = budgets;
  const { models, programs, catalog } = await loadCatalog(config, { metrics, logger, calendar, treasury });
  const stores = await openStores(config, metrics, logger);
  const shipping = await openShipping(config, { metrics, logger });
  const log = decisionLog(config, { metrics, logger, live: shipping.live.decisions });
  const counted = exportDecisions(metrics);
  const { features, offers } = stores;
  const parts = { programs, models, features, offers, calendar, log, allocator };
  const decisions: DecisionServices = {
    ...parts,
    funds: treasury,
    metrics: counted,
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: idSource(Date.now),
    pseudonym: pseudonymizer(config.USER_ID_PEPPER),
  };
  const answers = new AnswerMemory(() => counted.retried());
  let accepting = true;
  return {
    backend: { decisions, answers, catalog, budgets: treasury, metrics, accepting: () => accepting },
    neededSinceMs: (kind) => shipping.neededSinceMs(kind),
    drain: () => {
      accepting = false;
    },
    close: async () => {
      await log.close();
      await Promise.all([budgets.close(), shipping.close()]);
      await allocator.close();
      await stores.close();
      await models.close();
    },
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
  return { models, programs, catalog };
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

interface LogParts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly live: Shipping["live"]["decisions"];
}

function decisionLog(config: Config, { metrics, logger, live }: LogParts): FileDecisionLog {
  return new FileDecisionLog({
    directory: join(config.DATA_DIR, "decisions"),
    durability: config.DURABILITY,
    clock: Date.now,
    stopwatch: () => performance.now(),
    segmentSuffix: () => randomBytes(4).toString("hex"),
    observer: {
      queued: (bytes) => metrics.logQueue.set(bytes),
      wrote: ({ bytes }) => {
        live.wrote(bytes);
        metrics.logBytes.inc(bytes);
      },
      segmentOpened: (path) => {
        live.opened(path);
        logger.info({ path }, "decision log segment");
      },
      failed: (err, refusedLines) => {
        metrics.logErrors.inc();
        logger.error({ err, refusedLines }, "decision log cannot be written");
      },
    },
  });
}
