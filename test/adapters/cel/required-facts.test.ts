import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileRule } from "../../../src/adapters/cel/compile-rule.ts";
import { requiredFacts } from "../../../src/adapters/cel/required-facts.ts";
import type { Feature } from "../../../src/core/domain/model.ts";

const untyped = new Environment()
  .registerVariable("features", "map<string, dyn>")
  .registerVariable("context", "map<string, dyn>");

test.each([
  ["features.a > 1.0", ["a"], []],
  ["features.a > 1.0 && (context.b == 'x' && features.c < features.a)", ["a", "c"], ["b"]],
  ["!(features.a > 1.0)", ["a"], []],
  ["!(features.a > 1.0 && features.b > 1.0)", [], []],
  ["!has(features.a) || features.a > 1.0", [], []],
  ["has(features.a) && features.b > 1.0", ["b"], []],
  ["features.a > 1.0 ? features.b > 1.0 : features.c > 1.0", ["a"], []],
  ["(features.a > 1.0 || true) == context.b", [], ["b"]],
  ["features.a in [features.b, double(context.c)]", ["a", "b"], ["c"]],
  ["context.a.startsWith(context.b) && 'c' in context", [], ["a", "b"]],
])("%s", (source, features, context) => {
  expect(requiredFacts(untyped.parse(source).ast)).toEqual({ features, context });
});

test("neither asking first nor knowing the types changes an answer", () => {
  // Oracle: the engine itself on plain maps, an error being false.
  const atom = fc.constantFrom(
    "features.a > 1.0",
    "features.b == 'x'",
    "features.a + 1.0 < 3.0",
    "features.a <= 2",
    "features.a in [0.0, 5.0]",
    "int(features.a) == 1",
    "size(features.b) == 1",
    "features.b.startsWith('x')",
    "context.c == 'y'",
    "context.d",
    "has(features.a)",
    "has(context.c)",
    "true",
    "false",
  );
  const rule = fc.letrec<{ rule: string }>((tie) => ({
    rule: fc.oneof(
      { depthSize: "small" },
      atom,
      tie("rule").map((inner) => `!(${inner})`),
      fc.tuple(tie("rule"), fc.constantFrom("&&", "||", "=="), tie("rule")).map(([l, op, r]) => `(${l}) ${op} (${r})`),
      fc.tuple(tie("rule"), tie("rule"), tie("rule")).map(([c, l, r]) => `(${c}) ? (${l}) : (${r})`),
    ),
  })).rule;
  const facts = fc.record({
    features: fc.record({ a: fc.constantFrom(0, 1.5, 5), b: fc.constantFrom("x", "z") }, { requiredKeys: [] }),
    context: fc.record({ c: fc.constantFrom("y", "n"), d: fc.boolean() }, { requiredKeys: [] }),
  });
  const kinds: ReadonlyMap<string, Feature["kind"]> = new Map([
    ["a", "numeric"],
    ["b", "categorical"],
  ]);
  fc.assert(
    fc.property(rule, fc.array(facts, { minLength: 4, maxLength: 4 }), (source, users) => {
      const [typed, untypedRule] = [compileRule(source, kinds), compileRule(source, null)];
      fc.pre(typed.ok);
      const judgedAll = users.map((user) => judged(source, user));
      for (const compiled of [typed, untypedRule]) {
        expect(compiled.ok && users.map((user) => compiled.value(user))).toEqual(judgedAll);
      }
    }),
    { seed: 20_261_121, numRuns: 400 },
  );
});

function judged(source: string, facts: { readonly features: object; readonly context: object }): boolean {
  try {
    return untyped.evaluate(source, facts) === true;
  } catch {
    return false;
  }
}
