/** What is loaded, as callers see it, and reloading it from disk. */
import type { ModelEntry, ProgramEntry, ReloadAnswer, ReloadOutcome } from "../contract/catalog.ts";
import { Manifest } from "../contract/manifest.ts";
import { armShares } from "../core/decision/distribution.ts";
import type { ModelReference } from "../core/domain/program.ts";
import type { ModelCatalog } from "../core/ports.ts";
import type { Canary } from "./canary.ts";
import type { ModelCache, ModelOutcome, ModelStatus } from "./model-cache.ts";
import type { LoadedProgram, ProgramCache, ProgramOutcome } from "./program-cache.ts";

export interface CatalogParts {
  readonly models: ModelCache;
  readonly programs: ProgramCache;
  /** Told after every load and reload what came of it. */
  readonly onLoaded: (answer: ReloadAnswer) => void;
}

/** Models and programs as published. A reload never replaces something good by something bad. */
export class Catalog {
  readonly #parts: CatalogParts;

  constructor(parts: CatalogParts) {
    this.#parts = parts;
  }

  /** At start: everything on disk, as far as it is valid. */
  load(): Promise<ReloadAnswer> {
    return this.#refresh((programs) => programs.load());
  }

  /** Everything on disk again; what is refused leaves what was loaded before. */
  reload(): Promise<ReloadAnswer> {
    return this.#refresh((programs) => programs.reload());
  }

  programs(): readonly ProgramEntry[] {
    const { models, programs } = this.#parts;
    return programs.list().map((loaded) => programEntry(loaded, models));
  }

  models(): readonly ModelEntry[] {
    return this.#parts.models.statuses().map(modelEntry);
  }

  /** Models first, since programs are checked against them. */
  async #refresh(read: (programs: ProgramCache) => Promise<readonly ProgramOutcome[]>): Promise<ReloadAnswer> {
    const folders = await this.#parts.models.reload();
    const models = folders.map(published);
    const answer = { models, programs: await this.#programOutcomes(read) };
    this.#parts.onLoaded(answer);
    return answer;
  }

  async #programOutcomes(
    read: (programs: ProgramCache) => Promise<readonly ProgramOutcome[]>,
  ): Promise<ReloadOutcome[]> {
    try {
      return (await read(this.#parts.programs)).map(published);
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown trouble";
      return [{ id: "", outcome: "refused", faults: [{ path: "", rule: `the programs cannot be read (${reason})` }] }];
    }
  }
}

function published({ id, outcome, faults }: ModelOutcome | ProgramOutcome): ReloadOutcome {
  return { id, outcome, faults: [...faults] };
}

/** Models come and go by themselves, so which are missing is asked now, not when the program was loaded. */
function programEntry({ program, canary }: LoadedProgram, models: ModelCatalog): ProgramEntry {
  const { id, version, digest, state, shadows, description, currency, randomizationUnit } = program;
  const routed = program.routes.map(({ model }) => model);
  return {
    id,
    version,
    digest,
    state,
    canary: canary === null ? null : canaryEntry(canary),
    shadows,
    description,
    currency,
    randomizationUnit,
    actions: program.actions.map((action) => ({
      id: action.id,
      channel: action.channel,
      fixedCost: action.fixedCost,
      maxCost: Number.isFinite(action.maxCost) ? action.maxCost : null,
    })),
    models: routed.map(referenceText),
    missingModels: routed.filter((model) => models.find(model.name, model.version) === undefined).map(referenceText),
    exploration: program.exploration.strategy,
    shares: armShares(program),
  };
}

function canaryEntry({ program: { version, digest }, share }: Canary): NonNullable<ProgramEntry["canary"]> {
  return { version, digest, share };
}

function referenceText({ name, version }: ModelReference): string {
  return `${name}@${version}`;
}

function modelEntry({ id, state, faults, model }: ModelStatus): ModelEntry {
  const [name = "", version = ""] = id.split("/");
  if (model === null) return { ...UNLOADED, name, version, state, faults: [...faults] };
  const { heads, features, metrics } = Manifest.parse(model.manifest);
  return {
    name,
    version,
    digest: model.digest,
    state,
    faults: [...faults],
    createdAt: model.createdAt,
    expiresAt: model.expiresAt,
    actions: [...model.outputs.actions],
    heads,
    replicates: model.outputs.replicates,
    featureDigest: model.contract.digest,
    features,
    metrics,
  };
}

/** A folder that never held a valid model. */
const UNLOADED = {
  digest: null,
  createdAt: null,
  expiresAt: null,
  actions: [],
  heads: [],
  replicates: null,
  featureDigest: null,
  features: [],
  metrics: {},
} satisfies Partial<ModelEntry>;
