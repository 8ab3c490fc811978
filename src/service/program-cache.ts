/**
 * The loaded programs. What was good stays: a file that is bad, gone wrong or unreadable never replaces
 * the program that decides now, and no program decides before its bytes are in the archive.
 */
import type { CanaryText } from "../contract/canary-file.ts";
import type { ProgramText } from "../contract/program-file.ts";
import { type Keeping, keepingOf } from "../core/caps/keeping.ts";
import { isInCanary } from "../core/decision/luck.ts";
import type { Cap } from "../core/domain/cap.ts";
import type { ModelReference, Program } from "../core/domain/program.ts";
import type { Fault, Opened } from "../core/ports.ts";
import { type Canary, compileCanary } from "./canary.ts";
import { poolFaults } from "./check-pools.ts";
import { shadowFaults } from "./check-shadows.ts";
import { type CompiledProgram, type Compilers, compileProgram } from "./compile-program.ts";

/** One program that decides. */
export interface LoadedProgram {
  readonly program: Program;
  /** Routed models it was admitted without at start: decisions that need one offer nothing (`safe_default`). */
  readonly missingModels: readonly ModelReference[];
  /** Decides for a share of its units. */
  readonly canary: Canary | null;
}

/** What became of one program file. */
export interface ProgramOutcome {
  readonly id: string;
  /**
   * `loaded`: new or changed · `unchanged` · `admitted`: loaded without some of its models ·
   * `kept`: the file is refused, the program loaded before stays · `refused`: nothing is loaded ·
   * `removed`: its file is gone, and so is the program.
   */
  readonly outcome: "loaded" | "unchanged" | "admitted" | "kept" | "refused" | "removed";
  readonly faults: readonly Fault[];
}

export interface ProgramCacheParts extends Compilers {
  readonly files: {
    list(): Promise<readonly string[]>;
    read(id: string): Promise<Opened<ProgramText>>;
    canary(id: string): Promise<Opened<CanaryText> | null>;
  };
  readonly archive: { keep(text: ProgramText): Promise<void> };
}

type MissingModels = "admit" | "refuse";

/** A program file now: what it would load, or why not. */
type Candidate =
  | { readonly entry: LoadedProgram; readonly faults: readonly Fault[] }
  | { readonly entry: null; readonly faults: readonly Fault[]; readonly lacksModelsOnly: boolean };

export class ProgramCache {
  readonly #parts: ProgramCacheParts;
  #programs: ReadonlyMap<string, LoadedProgram> = new Map();
  /** Those of all loaded programs: each may count the offers of every other. */
  #caps: readonly Cap[] = [];
  /** By the caps that are loaded, of each program that asked. */
  #keepings = new WeakMap<Program, Keeping>();
  /** By the id of the program they shadow. */
  #shadows: ReadonlyMap<string, readonly Program[]> = new Map();
  /** Programs that may offer something. */
  #offering = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ProgramCacheParts) {
    this.#parts = parts;
  }

  get(id: string): Program | undefined {
    return this.#programs.get(id)?.program;
  }

  /** The version that decides for the unit: a canary only while what it may replace is live. */
  versionFor(program: Program, unit: string): Program {
    const canary = this.#programs.get(program.id)?.canary ?? null;
    return canary !== null && program.state === "live" && isInCanary(canary, unit) ? canary.program : program;
  }

  /** The shadows that decide along with this program. */
  shadowsOf(id: string): readonly Program[] {
    return this.#shadows.get(id) ?? NO_SHADOWS;
  }

  /** In whose histories the program's offers are kept, and for how long. */
  keeping(program: Program): Keeping {
    const known = this.#keepings.get(program);
    if (known !== undefined) return known;
    const keeping = keepingOf(program, this.#caps);
    this.#keepings.set(program, keeping);
    return keeping;
  }

  /** Whether a user may have offers of several programs. */
  shareUsers(): boolean {
    return this.#offering > 1;
  }

  /** All loaded programs, by id. */
  list(): readonly LoadedProgram[] {
    return [...this.#programs.values()];
  }

  /** At start: a program that only lacks models is admitted without them. Rejects when the folder is unreadable. */
  async load(): Promise<readonly ProgramOutcome[]> {
    return await this.#inTurn(() => this.#refresh("admit"));
  }

  /** Later: a program that lacks a model is refused. Rejects when the folder is unreadable; then all stays. */
  async reload(): Promise<readonly ProgramOutcome[]> {
    return await this.#inTurn(() => this.#refresh("refuse"));
  }

  /** Two reloads at a time could each undo half of the other. */
  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task, task);
    this.#turn = result;
    return await result;
  }

  async #refresh(missingModels: MissingModels): Promise<readonly ProgramOutcome[]> {
    const ids = await this.#parts.files.list();
    const candidates = new Map<string, Candidate>();
    for (const id of ids) candidates.set(id, await this.#open(id, this.#programs.get(id), missingModels));
    const next = new Map<string, LoadedProgram>();
    const outcomes: ProgramOutcome[] = [];
    for (const [id, candidate] of withOthers(candidates)) {
      const loaded = this.#programs.get(id);
      const entry = candidate.entry ?? lastGood(loaded, candidate);
      if (entry !== undefined) next.set(id, entry);
      outcomes.push({ id, outcome: outcomeOf(loaded, candidate), faults: candidate.faults });
    }
    const removed = [...this.#programs.keys()].filter((id) => !ids.includes(id));
    this.#take(next);
    return [...outcomes, ...removed.map((id) => ({ id, outcome: "removed", faults: [] }) as const)];
  }

  #take(programs: ReadonlyMap<string, LoadedProgram>): void {
    this.#programs = programs;
    const all = [...programs.values()].map(({ program }) => program);
    const offering = all.filter((program) => !isShadow(program));
    this.#caps = offering.flatMap(({ caps }) => caps);
    this.#offering = offering.length;
    this.#keepings = new WeakMap();
    this.#shadows = Map.groupBy(all.filter(isShadow), ({ shadows: incumbent }) => incumbent ?? "");
  }

  async #open(id: string, loaded: LoadedProgram | undefined, missingModels: MissingModels): Promise<Candidate> {
    const text = await this.#parts.files.read(id);
    if (!text.ok) return { entry: null, faults: text.faults, lacksModelsOnly: false };
    const compiled = compileProgram(text.value, this.#parts);
    const reused = versionFaults(loaded, text.value);
    const faults = [...reused, ...(compiled.ok ? [] : compiled.faults)];
    const lacksModelsOnly = reused.length === 0 && !compiled.ok && compiled.admissible !== null;
    const entry = reused.length > 0 ? null : entryOf(compiled, missingModels);
    if (entry === null) return { entry, faults, lacksModelsOnly };
    const unkept = await this.#archive(text.value);
    if (unkept.length > 0) return { entry: null, faults: [...faults, ...unkept], lacksModelsOnly: false };
    const canary = await this.#openCanary(text.value);
    if (canary === null) return { entry, faults };
    if (canary.ok) return { entry: { ...entry, canary: canary.value }, faults };
    const wrong = [...faults, ...canary.faults];
    // At start there is nothing better to keep: the program decides for all units.
    return missingModels === "admit" ? { entry, faults: wrong } : { entry: null, faults: wrong, lacksModelsOnly: true };
  }

  /** Compiled, and in the archive; null where there is none. Nothing of one hinders a program from being paused. */
  async #openCanary(incumbent: ProgramText): Promise<Opened<Canary> | null> {
    const opened = incumbent.file.state === "live" ? await this.#parts.files.canary(incumbent.id) : null;
    if (opened === null) return null;
    const compiled = compileCanary(opened, incumbent, this.#parts);
    if (!opened.ok || !compiled.ok) return compiled;
    const faults = await this.#archive(opened.value.text);
    return faults.length > 0 ? { ok: false, faults } : compiled;
  }

  async #archive(text: ProgramText): Promise<readonly Fault[]> {
    try {
      await this.#parts.archive.keep(text);
      return [];
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown error";
      return [{ path: "", rule: `cannot be archived, so its decisions could not be replayed: ${reason}` }];
    }
  }
}

const NO_SHADOWS: readonly Program[] = [];

function isShadow({ state }: Program): boolean {
  return state === "shadow";
}

/** Candidates that need another one, their pool's or the one they shadow, which is not there or does not fit, are refused. */
function withOthers(candidates: ReadonlyMap<string, Candidate>): ReadonlyMap<string, Candidate> {
  const programs = new Map(
    [...candidates].flatMap(([id, { entry }]) => (entry === null ? [] : [[id, entry.program] as const])),
  );
  return new Map(
    [...candidates].map(([id, candidate]) => {
      const program = candidate.entry?.program;
      const faults =
        program === undefined ? [] : [...poolFaults(program, programs), ...shadowFaults(program, programs)];
      const refused = { entry: null, faults: [...candidate.faults, ...faults], lacksModelsOnly: false };
      return [id, faults.length === 0 ? candidate : refused] as const;
    }),
  );
}

/** A record names its program by version; one version must not mean two programs. */
function versionFaults(loaded: LoadedProgram | undefined, { digest, file }: ProgramText): readonly Fault[] {
  if (loaded === undefined || loaded.program.digest === digest || loaded.program.version !== file.version) return [];
  return [
    {
      path: "version",
      rule: `raise version: the file changed, but ${file.version} is what is loaded`,
    },
  ];
}

function entryOf(compiled: CompiledProgram, missingModels: MissingModels): LoadedProgram | null {
  if (compiled.ok) return { program: compiled.value, missingModels: [], canary: null };
  return missingModels === "admit" && compiled.admissible !== null ? { ...compiled.admissible, canary: null } : null;
}

/**
 * The program that goes on when its file is refused. One that was admitted without a model was never
 * checked against it: when that model turns out not to fit, the program pauses.
 */
function lastGood(
  loaded: LoadedProgram | undefined,
  candidate: Candidate & { entry: null },
): LoadedProgram | undefined {
  if (loaded === undefined || loaded.missingModels.length === 0 || candidate.lacksModelsOnly) return loaded;
  return { ...loaded, program: { ...loaded.program, state: "paused" } };
}

function outcomeOf(loaded: LoadedProgram | undefined, { entry }: Candidate): ProgramOutcome["outcome"] {
  if (entry === null) return loaded === undefined ? "refused" : "kept";
  if (entry.missingModels.length > 0) return "admitted";
  const same =
    loaded?.program.digest === entry.program.digest &&
    loaded.missingModels.length === 0 &&
    loaded.canary?.program.digest === entry.canary?.program.digest &&
    loaded.canary?.share === entry.canary?.share;
  return same ? "unchanged" : "loaded";
}
