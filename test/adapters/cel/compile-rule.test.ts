import { describe, expect, test } from "vitest";
import { compileRule } from "../../../src/adapters/cel/compile-rule.ts";
import type { Feature } from "../../../src/core/domain/model.ts";
import type { Facts, Rule } from "../../../src/core/domain/program.ts";

const FEATURES: ReadonlyMap<string, Feature["kind"]> = new Map([
  ["recency", "numeric"],
  ["newbie", "boolean"],
  ["region", "categorical"],
  ["toString", "numeric"],
]);

function ruleOf(source: string, features: typeof FEATURES | null = FEATURES): Rule {
  const opened = compileRule(source, features);
  if (!opened.ok) throw new Error(JSON.stringify(opened.faults));
  return opened.value;
}

function facts(features: Facts["features"], context: Facts["context"] = {}): Facts {
  return { features, context };
}

describe("a rule judges features and context", () => {
  // Expected values follow from the definition of each operator in the CEL specification.
  test.each([
    ["features.recency <= 12.0", { recency: 12 }, {}, true],
    ["features.recency <= 12.0", { recency: 12.5 }, {}, false],
    ["features.recency <= 12", { recency: 12 }, {}, true],
    ["features.newbie == 1.0 && features.region == 'open'", { newbie: 1, region: "open" }, {}, true],
    ["features.region in ['open', 'new']", { region: "closed" }, {}, false],
    ["features.region.startsWith('op') ? features.recency > 1.0 : false", { region: "open", recency: 2 }, {}, true],
    ["context.platform == 'ios'", {}, { platform: "ios" }, true],
    ["context.visits >= 3", {}, { visits: 3 }, true],
    ["context.visits == 3", {}, { visits: 3 }, true],
    ["context.vip", {}, { vip: true }, true],
    ["has(context.platform)", {}, {}, false],
    ["double(context.visits) * 2.0 > features.recency", { recency: 5 }, { visits: 3 }, true],
    ["true", {}, {}, true],
  ])("%s with %j and %j is %s", (source, features, context, expected) => {
    expect(ruleOf(source)(facts(features, context))).toBe(expected);
  });
});

describe("a rule that cannot be judged is false", () => {
  test.each([
    ["features.recency <= 12.0", {}, {}],
    ["!(features.recency > 12.0)", {}, {}],
    ["context.platform == 'ios'", {}, {}],
    ["context.platform", {}, { platform: "ios" }],
    ["context.platform > 3", {}, { platform: "ios" }],
    ["features.recency <= 12.0", { recency: "twelve" }, {}],
    ["int(context.text) == 3", {}, { text: "three" }],
    ["1 / 0 == 1", {}, {}],
    ["features.toString > 1.0", {}, {}],
  ])("%s with %j and %j", (source, features, context) => {
    expect(ruleOf(source)(facts(features, context))).toBe(false);
  });
});

describe("users without the feature pass the has() idiom", () => {
  const rule = ruleOf("!has(features.recency) || features.recency <= 12.0");

  test.each([
    [{}, true],
    [{ recency: 3 }, true],
    [{ recency: 13 }, false],
  ])("%j: %s", (features, expected) => {
    expect(rule(facts(features))).toBe(expected);
  });

  test("one user's features are never left over for the next", () => {
    expect([{ recency: 13 }, {}, { recency: 13 }, { recency: 1 }].map((features) => rule(facts(features)))).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  test("a name of an object's own methods is a feature like any other", () => {
    expect(ruleOf("has(features.toString)")(facts({}))).toBe(false);
    expect(ruleOf("has(features.toString)")(facts({ toString: 1 }))).toBe(true);
  });
});

describe("what does not compile is a fault with its place", () => {
  test.each([
    ["features.recency <=", 20, "Unexpected token"],
    ["", 1, "Unexpected token"],
    [
      "features.recenci <= 12.0",
      1,
      "unknown feature recenci; the routed models have recency, newbie, region, toString",
    ],
    ["true || has(features.recenci)", 13, "unknown feature recenci"],
    ["user.age > 3.0", 1, "Unknown variable: user"],
    ["features.region > 3.0", 1, "no such overload: string > double"],
    ["features.newbie == 1", 1, "with a decimal point, such as 12.0"],
    ["features.recency", 1, "is of type double: a rule is true or false"],
    ["'yes'", 1, "is of type string"],
    ["features['recency'] > 1.0", 1, "features are asked by name"],
    ["features.region.matches('(a+)+$')", 1, "regular expressions are not allowed"],
    ["[1, 2].exists(x, x > 1)", 1, "exists is not available in rules"],
    ["cel.bind(x, 1, x > 0)", 1, "bind is not available"],
    ["timestamp('2026-01-01T00:00:00Z').getHours('UTC') > 3", 1, "getHours is not available"],
  ])("%s", (source, character, words) => {
    const opened = compileRule(source, FEATURES);
    expect(opened).toMatchObject({ ok: false });
    expect(opened.ok ? [] : opened.faults).toContainEqual({
      path: `character ${character}`,
      rule: expect.stringContaining(words),
    });
  });

  test.each([
    ["too many terms", Array.from({ length: 200 }, () => "true").join(" && ")],
    ["too many parentheses", `${"(".repeat(200)}true${")".repeat(200)}`],
    ["too many signs", `${"!".repeat(2_000)}true`],
    ["too long a list", `features.recency in [${Array.from({ length: 101 }, (_, i) => `${i}.0`).join(", ")}]`],
  ])("%s", (_, source) => {
    expect(compileRule(source, FEATURES)).toMatchObject({ ok: false });
  });

  test("several unknown words are reported together", () => {
    const opened = compileRule("features.a > 1.0 && features.b > 1.0 && context.c.matches('x')", FEATURES);
    expect(opened.ok ? 0 : opened.faults.length).toBe(3);
  });
});

test("while a model's features are not known, names are not checked and values still are", () => {
  const rule = ruleOf("features.anything > 3.0 && features.region == 'open'", null);
  expect(rule(facts({ anything: 4, region: "open" }))).toBe(true);
  expect(rule(facts({ anything: 4 }))).toBe(false);
  expect(compileRule("features.x.matches('a')", null)).toMatchObject({ ok: false });
});
