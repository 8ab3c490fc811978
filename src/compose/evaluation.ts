/** What `evaluate` needs: a log, its outcomes where they can be looked up, and policies to judge. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { OutcomeStore } from "../adapters/duckdb/outcome-store.ts";
import { Workspace } from "../adapters/duckdb/workspace.ts";
import { ProgramFolder } from "../adapters/file/program-folder.ts";
import { readSegments } from "../adapters/file/read-segments.ts";
import { segmentsIn } from "../adapters/file/segments-in.ts";
import { UnfinishedFile } from "../adapters/file/unfinished-file.ts";
import type { Program } from "../core/domain/program.ts";
import { LiftgateError } from "../core/errors.ts";
import type { UpliftModel } from "../core/ports.ts";
import type { Config } from "../ops/config.ts";
import type { LogParts } from "../service/evaluation/gather-evidence.ts";
import type { Measurer } from "../service/evaluation/measure.ts";
import type { LocalPartsTerms } from "../service/evaluation/local-parts.ts";
import { EvaluationWorkers } from "./evaluation-workers.ts";
import type { ReadLog } from "./export.ts";
import { openPolicy } from "./policies.ts";

export interface EvaluationPaths {
  /** Segments, or folders of segments; null: those of DATA_DIR. */
  readonly decisions: readonly string[] | null;
  readonly outcomes: readonly string[] | null;
  /** Program files. */
  readonly candidate: string;
  readonly incumbent: string | null;
  /** null: MODELS_DIR. */
  readonly models: string | null;
}

/** A program, and the models it routes to. */
export interface NamedPolicy {
  readonly program: Program;
  readonly models: readonly Pick<UpliftModel, "name" | "version" | "digest">[];
}

/** Outcomes, and where they are looked up. */
export interface ToldOutcomes extends Disposable {
  readonly outcomes: ReadLog;
  readonly store: OutcomeStore;
  /** Lets go of them. Again: nothing happens. */
  close(): void;
}

export async function openOutcomes(config: Config, paths: Pick<EvaluationPaths, "outcomes">): Promise<ToldOutcomes> {
  const outcomes = await segmentsIn(
    paths.outcomes ?? [join(config.DATA_DIR, "outcomes")].filter((path) => existsSync(path)),
  );
  const workspace = await Workspace.open();
  return {
    outcomes: (onProgress) => readSegments(outcomes, onProgress),
    store: await OutcomeStore.open(workspace),
    close: () => workspace.close(),
    [Symbol.dispose]: () => workspace.close(),
  };
}

export interface EvaluationParts {
  readonly candidate: NamedPolicy;
  readonly incumbent: NamedPolicy | null;
  /** Digest of the live program of an id; null where PROGRAMS_DIR has none that can be read. */
  readonly live: (id: string) => Promise<string | null>;
  /** Opens what reads decisions; what happened after them is to be asked once all outcomes are in the store. */
  readonly open: (terms: LocalPartsTerms, onPart: () => void) => LogParts & Measurer;
  close(): Promise<void>;
}

/** @throws LiftgateError `invalid_request` for a program that is not right, and where nothing has been decided yet */
export async function composeEvaluation(
  config: Config,
  paths: EvaluationPaths,
  store: OutcomeStore,
): Promise<EvaluationParts> {
  const decisions = await segmentsIn(paths.decisions ?? [ownDecisions(config)]);
  const modelsDir = paths.models ?? config.MODELS_DIR;
  const candidate = await namedPolicy(paths.candidate, modelsDir);
  const incumbent = paths.incumbent === null ? null : await namedPolicy(paths.incumbent, modelsDir);
  let workers: EvaluationWorkers | null = null;
  return {
    candidate,
    incumbent,
    live: async (id) => {
      const live = await new ProgramFolder(config.PROGRAMS_DIR).read(id);
      return live.ok ? live.value.digest : null;
    },
    open: (terms, onPart) => {
      const setup = { ...paths, segments: decisions, modelsDir, programsDir: join(config.DATA_DIR, "programs"), terms };
      workers = new EvaluationWorkers(setup, store, onPart);
      return workers;
    },
    close: async () => await workers?.close(),
  };
}

function ownDecisions({ DATA_DIR }: Config): string {
  const folder = join(DATA_DIR, "decisions");
  if (existsSync(folder)) return folder;
  throw new LiftgateError("invalid_request", "DATA_DIR has no folder decisions: nothing was decided yet, or not there");
}

/** Writes texts into a folder: each is there whole, or not at all. */
export async function writeTexts(folder: string, texts: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(texts)) {
    using file = new UnfinishedFile(join(folder, name));
    await file.write(text);
    await file.finish();
  }
}

/** Whether the program is right, and what it and its models are; each reader opens its own. */
async function namedPolicy(path: string, modelsDir: string): Promise<NamedPolicy> {
  const opened = await openPolicy(path, modelsDir);
  await opened.close();
  return {
    program: opened.policy.program,
    models: opened.models.map(({ name, version, digest }) => ({ name, version, digest })),
  };
}
