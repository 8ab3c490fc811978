/** The composition root: the only file that knows adapters. Builds the service from its configuration. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { compileRule } from "./adapters/cel/compile-rule.ts";
import type { Progress } from "./adapters/duckdb/read-candidates.ts";
import { StoredCandidates } from "./adapters/duckdb/stored-candidates.ts";
import { FileDecisionLog } from "./adapters/file/decision-log.ts";
import { ProgramArchive } from "./adapters/file/program-archive.ts";
import { ProgramFolder } from "./adapters/file/program-folder.ts";
import { readSegments } from "./adapters/file/read-segments.ts";
import { openEmbeddedFeatureStore } from "./adapters/memory/feature-store.ts";
import { ModelFolder } from "./adapters/onnx/model-folder.ts";
import { openRedis } from "./adapters/redis/connection.ts";
import { RedisFeatureStore } from "./adapters/redis/feature-store.ts";
import { WorkerAllocator } from "./adapters/worker/worker-allocator.ts";
import type { Program } from "./core/domain/program.ts";
import { LiftgateError } from "./core/errors.ts";
import type { FeatureStore, ModelCatalog, Opened } from "./core/ports.ts";
import type { Backend } from "./http/backend.ts";
import type { Config } from "./ops/config.ts";
import { idSource, pseudonymizer } from "./ops/identity.ts";
import { exportDecisions } from "./ops/decision-metrics.ts";
import { tellLoaded } from "./ops/loaded.ts";
import { createMetrics, type Metrics } from "./ops/metrics.ts";
import { AnswerMemory } from "./service/answer-memory.ts";
import { Catalog } from "./service/catalog.ts";
import { compileProgram } from "./service/compile-program.ts";
import { ModelCache } from "./service/model-cache.ts";
import { ProgramCache } from "./service/program-cache.ts";
import { ProgramScorer } from "./service/program-scorer.ts";
import type { DecisionServices } from "./service/services.ts";

export interface Composition {
  readonly backend: Backend;
  /** From now on not ready: load balancers send no more. */
  drain(): void;
  /** Flushes the decision log and lets go of everything. After the server is closed. */
  close(): Promise<void>;
}

/** Loads models and programs and opens the stores. Faulty files are logged, never fatal: the rest serves. */
export async function compose(config: Config, logger: Logger): Promise<Composition> {
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 });
  const metrics = createMetrics();
  const models = new ModelCache(modelFolder(config, metrics));
  const programs = programCache(config, models);
  const catalog = new Catalog({
    models,
    programs,
    onLoaded: (answer) => tellLoaded(answer, { catalog, metrics, logger, nowMs: Date.now }),
  });
  await catalog.load();

  const features = await openFeatureStore(config, metrics, logger);
  const log = decisionLog(config, metrics, logger);
  const retried = exportDecisions(metrics);
  const decisions: DecisionServices = {
    programs,
    models,
    features,
    log,
    allocator: new WorkerAllocator(),
    metrics: retried,
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: idSource(Date.now),
    pseudonym: pseudonymizer(config.USER_ID_PEPPER),
  };
  let accepting = true;
  return {
    backend: {
      decisions,
      answers: new AnswerMemory(() => retried.retried()),
      catalog,
      metrics,
      accepting: () => accepting,
    },
    drain: () => {
      accepting = false;
    },
    close: async () => {
      await log.close();
      await decisions.allocator.close();
      await features.close();
      await models.close();
    },
  };
}

/** Models and programs as the service would load them, without a service: for `validate`. Changes nothing on disk. */
export function composeCatalog(config: Config): Catalog {
  const models = new ModelCache(new ModelFolder({ directory: config.MODELS_DIR, now: Date.now }));
  const programs = new ProgramCache({
    files: new ProgramFolder(config.PROGRAMS_DIR),
    archive: { keep: async () => undefined },
    models,
    compileRule,
  });
  return new Catalog({ models, programs, onLoaded: () => undefined });
}

/** A decision log and the programs its records were decided under: for `replay`. */
export interface LoggedDecisions {
  readonly entries: typeof readSegments;
  /** The archived program with this digest. */
  readonly program: (digest: string) => Promise<Opened<Program>>;
}

export function composeReplay(config: Config): LoggedDecisions {
  const archive = new ProgramArchive(join(config.DATA_DIR, "programs"));
  return {
    entries: readSegments,
    program: async (digest) => {
      const text = await archive.open(digest);
      if (!text.ok) return text;
      // Scores are in the record, so the program is compiled without the models it routes to.
      const compiled = compileProgram(text.value, NO_MODELS, compileRule);
      return compiled.ok || compiled.admissible === null ? compiled : { ok: true, value: compiled.admissible.program };
    },
  };
}

/** Files of candidates, or of users to score, for `allocate`. */
export function composeAllocation(config: Config) {
  return {
    candidates: (path: string, onProgress: (progress: Progress) => void) => StoredCandidates.read(path, onProgress),
    /** The candidates of users that a program's model scores; and the scorer, which knows who was left out. */
    users: async (path: string, programId: string, onProgress: (progress: Progress) => void) => {
      const models = new ModelCache(new ModelFolder({ directory: config.MODELS_DIR, now: Date.now }));
      try {
        const program = await openProgram(config, models, programId);
        const scorer = new ProgramScorer({ ...NOTHING_STORED, models }, program);
        return { scorer, stored: await StoredCandidates.score(path, scorer, onProgress) };
      } finally {
        await models.close();
      }
    },
  };
}

/** @throws LiftgateError `unknown_program`, with what is wrong with it if it is there */
async function openProgram(config: Config, models: ModelCache, programId: string): Promise<Program> {
  const files = new ProgramFolder(config.PROGRAMS_DIR);
  const programs = new ProgramCache({ files, archive: { keep: async () => undefined }, models, compileRule });
  const loaded = await new Catalog({ models, programs, onLoaded: () => undefined }).reload();
  const program = programs.get(programId);
  if (program !== undefined) return program;
  const faults = [...loaded.models, ...loaded.programs].flatMap((outcome) => outcome.faults);
  throw new LiftgateError("unknown_program", `no program ${programId} in ${config.PROGRAMS_DIR}`, faults);
}

/** Users whose features are given: there is nothing to read, and nobody to tell. */
const NOTHING_STORED = {
  features: { read: async (_userId: string, contracts: readonly unknown[]) => contracts.map(() => MISSING) },
  nowMs: Date.now,
  monotonicMs: () => performance.now(),
  metrics: {
    stage: () => undefined,
    decided: () => undefined,
    featureAge: () => undefined,
    missingFeature: () => undefined,
    contractMismatch: () => undefined,
    trouble: () => undefined,
    retried: () => undefined,
  },
};
const MISSING = { kind: "missing" } as const;
const NO_MODELS: ModelCatalog = { find: () => undefined };

function modelFolder(config: Config, metrics: Metrics): ModelFolder {
  return new ModelFolder({
    directory: config.MODELS_DIR,
    now: Date.now,
    onBatch: (model, rows) => metrics.batches.observe(model, rows),
  });
}

function programCache(config: Config, models: ModelCache): ProgramCache {
  return new ProgramCache({
    files: new ProgramFolder(config.PROGRAMS_DIR),
    archive: new ProgramArchive(join(config.DATA_DIR, "programs")),
    models,
    compileRule,
  });
}

async function openFeatureStore(config: Config, metrics: Metrics, logger: Logger): Promise<FeatureStore> {
  if (config.REDIS_URL === undefined) {
    metrics.featureStoreUp.set(1);
    return await openEmbeddedFeatureStore({ dataDir: config.DATA_DIR });
  }
  const connection = await openRedis({
    url: config.REDIS_URL,
    now: () => performance.now(),
    onState: (state) => {
      metrics.featureStoreUp.set(state === "up" ? 1 : 0);
      logger[state === "up" ? "info" : "error"]({ state }, "feature store");
    },
  });
  const store = new RedisFeatureStore(connection);
  return {
    read: (userId, contracts) => store.read(userId, contracts),
    write: (rows) => store.write(rows),
    close: async () => connection.close(),
  };
}

function decisionLog(config: Config, metrics: Metrics, logger: Logger): FileDecisionLog {
  return new FileDecisionLog({
    directory: join(config.DATA_DIR, "decisions"),
    durability: config.DURABILITY,
    clock: Date.now,
    stopwatch: () => performance.now(),
    segmentSuffix: () => randomBytes(4).toString("hex"),
    observer: {
      queued: (bytes) => metrics.logQueue.set(bytes),
      wrote: ({ bytes }) => metrics.logBytes.inc(bytes),
      segmentOpened: (path) => logger.info({ path }, "decision log segment"),
      failed: (err, refusedLines) => {
        metrics.logErrors.inc();
        logger.error({ err, refusedLines }, "decision log cannot be written");
      },
    },
  });
}
