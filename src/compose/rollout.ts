/** What promoting and rolling back stand on, without a service. */
import { compileRule } from "../adapters/cel/compile-rule.ts";
import { ProgramFolder } from "../adapters/file/program-folder.ts";
import { digestOf, readAnyProgram } from "../adapters/file/read-program.ts";
import { RolloutFolder } from "../adapters/file/rollout-folder.ts";
import { ModelFolder } from "../adapters/onnx/model-folder.ts";
import { TemporalCalendar } from "../adapters/temporal/calendar.ts";
import type { ProgramText } from "../contract/program-file.ts";
import type { Fault, Opened } from "../core/ports.ts";
import type { Config } from "../ops/config.ts";
import { Catalog } from "../service/catalog.ts";
import { ModelCache } from "../service/model-cache.ts";
import { ProgramCache } from "../service/program-cache.ts";
import { type RollBack, rollBack } from "../service/rollout/roll-back.ts";
import type { Change, Checked, RolloutStore } from "../service/rollout/rollout-store.ts";

type Folders = Pick<Config, "MODELS_DIR" | "PROGRAMS_DIR">;

export interface RolloutParts {
  readonly store: RolloutStore;
  readonly check: (text: ProgramText) => Promise<Checked>;
  readonly faultsOf: (text: ProgramText) => Promise<readonly Fault[]>;
  readonly nowMs: () => number;
  readonly readCandidate: (path: string) => Promise<Opened<ProgramText>>;
  readonly digestOf: (bytes: Uint8Array) => string;
}

export function composeRollout(folders: Folders): RolloutParts {
  const check = (text: ProgramText) => checkOnDisk(folders, text);
  return {
    store: new RolloutFolder(folders.PROGRAMS_DIR),
    check,
    faultsOf: async (text) => (await check(text)).faults,
    nowMs: Date.now,
    readCandidate: readAnyProgram,
    digestOf,
  };
}

/** Rolling back inside a service, whose models serve already. */
export function rollBackIn({ PROGRAMS_DIR }: Pick<Config, "PROGRAMS_DIR">, models: ModelCache) {
  const store = new RolloutFolder(PROGRAMS_DIR);
  const faultsOf = async (text: ProgramText) => {
    const outcomes = await programsBeside(PROGRAMS_DIR, models, text).reload();
    return outcomes.find(({ id }) => id === text.id)?.faults ?? [];
  };
  return (request: RollBack): Promise<Change> => rollBack({ store, faultsOf, nowMs: Date.now }, request);
}

/** Everything on disk as a reload would take it, but for one program. Changes nothing on disk. */
async function checkOnDisk({ MODELS_DIR, PROGRAMS_DIR }: Folders, text: ProgramText): Promise<Checked> {
  const models = new ModelCache(new ModelFolder({ directory: MODELS_DIR, now: Date.now }));
  try {
    const programs = programsBeside(PROGRAMS_DIR, models, text);
    const catalog = new Catalog({ models, programs, onLoaded: () => undefined });
    const answer = await catalog.reload();
    const serving = catalog.models().filter(({ state }) => state === "serving");
    return {
      faults: answer.programs.flatMap(({ id, faults }) =>
        faults.map(({ path, rule }) => ({ path: path === "" ? id : `${id}: ${path}`, rule })),
      ),
      models: new Map(serving.map(({ name, version, digest }) => [`${name}@${version}`, digest ?? ""])),
    };
  } finally {
    await models.close();
  }
}

/** The programs on disk with this one among them. */
function programsBeside(folder: string, models: ModelCache, text: ProgramText): ProgramCache {
  return new ProgramCache({
    files: filesWith(new ProgramFolder(folder), text),
    archive: { keep: async () => undefined },
    models,
    compileRule,
    calendar: new TemporalCalendar(),
  });
}

function filesWith(folder: ProgramFolder, text: ProgramText) {
  return {
    list: async () => [...new Set([...(await folder.list()), text.id])].toSorted(),
    read: async (id: string): Promise<Opened<ProgramText>> =>
      id === text.id ? { ok: true, value: text } : await folder.read(id),
    // Whatever decides for a share of its units now is not to be.
    canary: async (id: string) => (id === text.id ? null : await folder.canary(id)),
  };
}
