/**
 * Eligibility and routing rules in CEL, the Common Expression Language (cel-spec), checked when the
 * program is loaded and total when it runs.
 *
 * `features.<name>` is a double (numeric and boolean features) or a string (categorical ones);
 * `context.<name>` is whatever the caller sent. A rule that cannot be judged, because a feature is
 * missing or a context value has another type, is false; `!has(features.x) || …` lets users without
 * the feature through.
 */
import { Environment, ParseError, type ParseResult, type TypeCheckResult } from "@marcbachmann/cel-js";
import type { Feature } from "../../core/domain/model.ts";
import type { Facts, Rule } from "../../core/domain/program.ts";
import type { Opened } from "../../core/ports.ts";
import { checkVocabulary, placeOf } from "./check-vocabulary.ts";
import { FactRow } from "./fact-row.ts";
import { type RequiredFacts, requiredFacts } from "./required-facts.ts";

/** What a condition written by hand needs, with room; evaluation time grows with the nodes. */
const LIMITS = {
  maxAstNodes: 256,
  maxDepth: 24,
  maxListElements: 100,
  maxMapEntries: 16,
  maxCallArguments: 4,
};
const FEATURES_TYPE = "Features";
const CONTEXT_TYPE = "map<string, dyn>";

/**
 * @param features names and kinds that the rule may ask about; null when they are not known yet: then
 * names and types of features go unchecked.
 * @returns the rule, or its faults with the place in the rule as path.
 */
export function compileRule(source: string, features: ReadonlyMap<string, Feature["kind"]> | null): Opened<Rule> {
  const parsed = parse(source, environmentFor(features));
  if (!parsed.ok) return parsed;
  const program = parsed.value;
  const faults = checkVocabulary(program.ast, features === null ? null : new Set(features.keys()));
  if (faults.length > 0) return { ok: false, faults };
  const rule = typeRule(program.check());
  if (rule !== null) return { ok: false, faults: [rule] };
  return { ok: true, value: features === null ? untypedRule(program) : typedRule(program) };
}

function environmentFor(features: ReadonlyMap<string, Feature["kind"]> | null): Environment {
  const environment = new Environment({ limits: LIMITS }).registerVariable("context", CONTEXT_TYPE);
  if (features === null) return environment.registerVariable("features", CONTEXT_TYPE);
  const fields = Object.fromEntries(
    [...features].map(([name, kind]) => [name, kind === "categorical" ? "string" : "double"]),
  );
  return environment.registerType(FEATURES_TYPE, { ctor: FactRow, fields }).registerVariable("features", FEATURES_TYPE);
}

function parse(source: string, environment: Environment): Opened<ParseResult> {
  try {
    return { ok: true, value: environment.parse(source) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { ok: false, faults: [{ path: placeOf(error.range?.start ?? 0), rule: error.summary }] };
  }
}

/** What is wrong with the rule's types, or null. `dyn`, as of a context value, is only known when it runs. */
function typeRule({ valid, type, error }: TypeCheckResult) {
  if (!valid)
    return {
      path: placeOf(error?.range?.start ?? 0),
      rule: withHint(error?.summary ?? "does not type-check"),
    };
  if (type === "bool" || type === "dyn") return null;
  return { path: placeOf(0), rule: `is of type ${type}: a rule is true or false` };
}

function withHint(summary: string): string {
  const mixed = summary.includes("double") && summary.includes("int");
  return mixed ? `${summary}: write whole numbers with a decimal point, such as 12.0` : summary;
}

/** One row serves every evaluation: a rule is synchronous and keeps nothing. */
function typedRule(program: ParseResult): Rule {
  const required = requiredFacts(program.ast);
  const row = new FactRow();
  return (facts) => {
    if (lacks(facts, required)) return false;
    row.show(facts.features);
    return isTrue(program, { features: row, context: facts.context });
  };
}

function untypedRule(program: ParseResult): Rule {
  return ({ features, context }) => isTrue(program, { features, context });
}

function lacks({ features, context }: Facts, required: RequiredFacts): boolean {
  for (const name of required.features) if (!Object.hasOwn(features, name)) return true;
  for (const name of required.context) if (!Object.hasOwn(context, name)) return true;
  return false;
}

function isTrue(program: ParseResult, variables: { readonly features: unknown; readonly context: unknown }): boolean {
  try {
    return program(variables) === true;
  } catch {
    return false;
  }
}
