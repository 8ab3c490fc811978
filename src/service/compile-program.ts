/** From a well-formed program file to the program that decides: every name resolved, every rule compiled. */
import { durationMs } from "../contract/identifiers.ts";
import type { ProgramFile, ProgramText } from "../contract/program-file.ts";
import type { Feature } from "../core/domain/model.ts";
import {
  type Action,
  type ArmShare,
  type EvaluationArm,
  type ModelReference,
  NO_OFFER,
  type Program,
  type Rule,
} from "../core/domain/program.ts";
import { volumesOf } from "../core/domain/resource.ts";
import { normalQuantile } from "../core/numerics/normal-quantile.ts";
import type { Calendar, Fault, ModelCatalog, Opened } from "../core/ports.ts";
import { capsOf } from "./caps.ts";
import { fundingOf } from "./funding.ts";
import { checkFit, referenceOf, type RoutedModels, routedModels } from "./check-fit.ts";

/** Compiles one rule; null features: their names and kinds are not known. Faults have the place in the rule as path. */
export type RuleCompiler = (source: string, features: ReadonlyMap<string, Feature["kind"]> | null) => Opened<Rule>;

export type CompiledProgram =
  | { readonly ok: true; readonly value: Program }
  | {
      readonly ok: false;
      readonly faults: readonly Fault[];
      /** The program without the models that are not loaded, where that is its only fault; else null. */
      readonly admissible: AdmissibleProgram | null;
    };

/** A program that is right but for models that are not loaded: decisions that need one offer nothing. */
export interface AdmissibleProgram {
  readonly program: Program;
  readonly missingModels: readonly ModelReference[];
}

/** What a program is compiled with: the models it may route to, its rules' language, and the clocks it counts by. */
export interface Compilers {
  readonly models: ModelCatalog;
  readonly compileRule: RuleCompiler;
  readonly calendar: Pick<Calendar, "timeZoneFault">;
}

/** Every fault of the program's fit to the models, of its rules and of its time zones, together; or the program. */
export function compileProgram(text: ProgramText, { models, compileRule, calendar }: Compilers): CompiledProgram {
  const routed = routedModels(text.file, models);
  const rules = compileRules(text.file, compileRule, knownFeatures(routed));
  const faults = [...checkFit(text.file, routed), ...rules.faults, ...timeZoneFaults(text.file, calendar)];
  const program = programOf(text, rules);
  if (faults.length === 0 && routed.missing.length === 0) return { ok: true, value: program };
  const missingModels = routed.missing.map(({ reference }) => reference);
  const missing = routed.missing.map(({ path, reference: { name, version } }) => ({
    path,
    rule: `model not loaded: ${name}@${version}`,
  }));
  return {
    ok: false,
    faults: [...missing, ...faults],
    admissible: faults.length === 0 ? { program, missingModels } : null,
  };
}

/** Names and kinds over all routed models; null while one of them is not loaded. */
function knownFeatures({ found, missing }: RoutedModels): ReadonlyMap<string, Feature["kind"]> | null {
  if (missing.length > 0) return null;
  return new Map(found.flatMap(({ model }) => model.contract.features.map(({ name, kind }) => [name, kind] as const)));
}

interface CompiledRules {
  readonly eligibility: Rule | null;
  /** Per route. */
  readonly when: readonly (Rule | null)[];
  readonly faults: readonly Fault[];
}

function compileRules(
  { eligibility, models }: ProgramFile,
  compileRule: RuleCompiler,
  features: ReadonlyMap<string, Feature["kind"]> | null,
): CompiledRules {
  const faults: Fault[] = [];
  const compile = (path: string, source: string | undefined): Rule | null => {
    if (source === undefined) return null;
    const opened = compileRule(source, features);
    if (opened.ok) return opened.value;
    faults.push(...opened.faults.map((fault) => ({ path, rule: `at ${fault.path}: ${fault.rule}` })));
    return null;
  };
  const when = models.map((route, i) => compile(`models[${i}].when`, route.when));
  return { eligibility: compile("eligibility", eligibility), when, faults };
}

function timeZoneFaults({ budget, caps }: ProgramFile, calendar: Compilers["calendar"]): readonly Fault[] {
  const named = [
    { path: "budget.period.timezone", timeZone: budget?.period?.timezone },
    ...caps.map(({ per }, i) => ({
      path: `caps[${i}].per.timezone`,
      timeZone: typeof per === "string" ? undefined : per.timezone,
    })),
  ];
  return named.flatMap(({ path, timeZone }) => {
    const rule = timeZone === undefined ? null : calendar.timeZoneFault(timeZone);
    return rule === null ? [] : [{ path, rule }];
  });
}

/** An arm nobody is in: with share 0 its salt is never hashed. */
const NO_ARM: ArmShare = { share: 0, salt: "" };

function programOf({ digest, file }: ProgramText, rules: CompiledRules): Program {
  return {
    id: file.program,
    version: file.version,
    digest,
    description: file.description,
    state: file.state,
    shadows: file.shadows ?? null,
    currency: file.currency,
    randomizationUnit: file.randomizationUnit,
    actions: actionsOf(file),
    routes: file.models.map((route, i) => ({
      when: rules.when[i] ?? null,
      model: referenceOf(route.model),
    })),
    objective: {
      costWeight: file.objective.maximize === "profit" ? 1 : 0,
      value: file.objective.value.map(({ head, valuePerUnit, discount }) => ({
        head,
        weight: valuePerUnit * discount,
      })),
      cost: file.objective.cost,
    },
    eligibility: rules.eligibility,
    guardrails: {
      confidenceZ: normalQuantile(file.guardrails.minConfidence),
      maxCostPerValue: file.guardrails.maxCostPerValue ?? Infinity,
      minEfficiency: file.guardrails.minEfficiency,
    },
    holdout: file.holdout ?? NO_ARM,
    evaluation: evaluationOf(file),
    exploration: file.exploration,
    funding: fundingOf(file),
    caps: capsOf(file),
    features: { maxAgeMs: durationMs(file.features.maxAge), coldStart: file.features.coldStart },
    offerTtlMs: durationMs(file.offerTtl),
    stickyMs: file.stickiness.by === "user" ? durationMs(file.stickiness.window) : null,
  };
}

function evaluationOf({ actions, evaluation }: ProgramFile): EvaluationArm {
  if (evaluation === undefined) return { ...NO_ARM, table: null };
  const { share, salt, table } = evaluation;
  return { share, salt, table: table === undefined ? null : ordered(actions).map(({ id }) => table[id] ?? 0) };
}

/** `no_offer` first, then as declared. */
function ordered(actions: ProgramFile["actions"]): ProgramFile["actions"] {
  return [...actions.filter(({ id }) => id === NO_OFFER), ...actions.filter(({ id }) => id !== NO_OFFER)];
}

function actionsOf({ actions }: ProgramFile): readonly Action[] {
  return ordered(actions).map(({ id, channel, fixedCost, maxCost, prior }) => ({
    id,
    channel: channel ?? null,
    volumes: id === NO_OFFER ? [] : volumesOf({ id, channel: channel ?? null }),
    fixedCost: fixedCost ?? 0,
    maxCost: maxCost ?? Infinity,
    prior: prior ?? null,
  }));
}
