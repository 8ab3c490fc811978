/** What commands need that run without a service. */
import { join } from "node:path";
import { compileRule } from "../adapters/cel/compile-rule.ts";
import type { Progress } from "../adapters/duckdb/read-candidates.ts";
import { type Labelled, type LabelledColumns, readLabelled } from "../adapters/duckdb/read-labelled.ts";
import { StoredCandidates } from "../adapters/duckdb/stored-candidates.ts";
import { Workspace } from "../adapters/duckdb/workspace.ts";
import { ProgramArchive } from "../adapters/file/program-archive.ts";
import { ProgramFolder } from "../adapters/file/program-folder.ts";
import { readSegments } from "../adapters/file/read-segments.ts";
import { segmentsIn } from "../adapters/file/segments-in.ts";
import { ModelFolder } from "../adapters/onnx/model-folder.ts";
import { TemporalCalendar } from "../adapters/temporal/calendar.ts";
import type { Program } from "../core/domain/program.ts";
import { LiftgateError } from "../core/errors.ts";
import type { ModelCatalog } from "../core/ports.ts";
import type { Config } from "../ops/config.ts";
import { Catalog } from "../service/catalog.ts";
import { type OpenProgram, RecordChecker } from "../service/check-record.ts";
import { compileProgram } from "../service/compile-program.ts";
import { ModelCache } from "../service/model-cache.ts";
import { ProgramCache } from "../service/program-cache.ts";
import { ProgramScorer } from "../service/program-scorer.ts";
import { Rescorer } from "../service/rescore.ts";

/** Models and programs as the service would load them, without a service: for `validate`. Changes nothing on disk. */
export function composeCatalog(config: Config): Catalog {
  const models = new ModelCache(new ModelFolder({ directory: config.MODELS_DIR, now: Date.now }));
  return new Catalog({ models, programs: programsOnDisk(config, models), onLoaded: () => undefined });
}

/** A decision log and what its records are checked against: for `replay`. */
export interface LoggedDecisions {
  readonly segments: typeof segmentsIn;
  readonly entries: typeof readSegments;
  /** Decides records again, under the archived programs; and scores them, with the models on disk. */
  readonly checker: (what: Again) => RecordChecker;
}

/** What is done again. */
export type Again = "decided" | "decided and scored";

export function composeReplay(config: Config): LoggedDecisions {
  const programs = archivedPrograms(config);
  // A model that has expired since scored rightly when it did.
  const models = new ModelFolder({ directory: config.MODELS_DIR, now: () => 0 });
  return {
    segments: segmentsIn,
    entries: readSegments,
    checker: (what) => new RecordChecker(programs, what === "decided" ? null : new Rescorer(models)),
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

/** A file of scored and labelled rows, for `uplift`. */
export async function readScored(path: string, columns: LabelledColumns): Promise<Labelled> {
  using workspace = await Workspace.open();
  return await readLabelled(workspace.connection, path, columns);
}

/** The archived program with a digest, compiled without the models it routes to: scores are in the records. */
export function archivedPrograms(config: Config): OpenProgram {
  return archivedProgramsIn(join(config.DATA_DIR, "programs"));
}

/** As `archivedPrograms`, of an archive elsewhere. */
export function archivedProgramsIn(folder: string): OpenProgram {
  const archive = new ProgramArchive(folder);
  const calendar = new TemporalCalendar();
  return async (digest) => {
    const text = await archive.open(digest);
    if (!text.ok) return text;
    const compiled = compileProgram(text.value, { models: NO_MODELS, compileRule, calendar });
    return compiled.ok || compiled.admissible === null ? compiled : { ok: true, value: compiled.admissible.program };
  };
}

/** Programs as they are in their folder; nothing on disk is changed. */
function programsOnDisk(config: Config, models: ModelCache): ProgramCache {
  return new ProgramCache({
    files: new ProgramFolder(config.PROGRAMS_DIR),
    archive: { keep: async () => undefined },
    models,
    compileRule,
    calendar: new TemporalCalendar(),
  });
}

/** @throws LiftgateError `unknown_program`, with what is wrong with it if it is there */
async function openProgram(config: Config, models: ModelCache, programId: string): Promise<Program> {
  const programs = programsOnDisk(config, models);
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
    shadowFailed: () => undefined,
    retried: () => undefined,
    repeated: () => undefined,
  },
};
const MISSING = { kind: "missing" } as const;
const NO_MODELS: ModelCatalog = { find: () => undefined };
