import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { faultsOf } from "../../src/contract/faults.ts";
import { ProgramFile } from "../../src/contract/program-file.ts";
import { PROGRAM_YAML } from "../support/program-fixtures.ts";

function faultsWith(changes: Readonly<Record<string, unknown>>) {
  const { error } = ProgramFile.safeParse({ ...parse(PROGRAM_YAML), ...changes });
  return error === undefined ? [] : faultsOf(error);
}

const exploration = { strategy: "greedy" };
const objective = {
  maximize: "profit",
  value: [{ head: "visit", valuePerUnit: 3 }],
  cost: "incentive",
};
const paid = (changes: object) => ({
  actions: [{ id: "no_offer" }, { id: "mail", channel: "email", fixedCost: 0.01, ...changes }],
});

test("the smallest file takes the documented defaults", () => {
  expect(ProgramFile.parse(parse(PROGRAM_YAML))).toMatchObject({
    description: "",
    guardrails: { minConfidence: 0.5, minEfficiency: 0 },
    exploration: { strategy: "inverse-gap", gamma: 100, gapUnit: 1, floor: 0, salt: "draw" },
    offerTtl: "24h",
  });
});

test("an assignment holds for a request, or for a user and a window", () => {
  for (const stickiness of [{ by: "request" }, { by: "user", window: "24h" }]) {
    expect(faultsWith({ stickiness })).toEqual([]);
  }
  expect(faultsWith({ stickiness: { by: "user" } })).toEqual([{ path: "stickiness.window", rule: expect.any(String) }]);
  expect(faultsWith({ stickiness: { by: "request", window: "7d" } })).toEqual([
    { path: "stickiness.window", rule: expect.stringContaining("is not a field here") },
  ]);
  expect(faultsWith({ stickiness: { by: "cluster" } })).toEqual([
    { path: "stickiness.by", rule: "one of request, user" },
  ]);
});

describe("every field is bounded", () => {
  test.each([
    ["program", { program: "Spring Mail" }],
    ["program", { program: "x".repeat(65) }],
    ["version", { version: 0 }],
    ["version", { version: 1.5 }],
    ["version", { version: 2 ** 53 }],
    ["version", { version: "1" }],
    ["description", { description: "x".repeat(501) }],
    ["state", { state: "off" }],
    ["shadows", { state: "shadow", shadows: "Spring Mail" }],
    ["randomizationUnit", { randomizationUnit: "request" }],
    ["currency", { currency: "eur" }],
    ["actions", { actions: [{ id: "no_offer" }] }],
    ["actions[1].fixedCost", paid({ fixedCost: -0.01 })],
    ["actions[1].fixedCost", paid({ fixedCost: "0.01" })],
    ["actions[1].fixedCost", paid({ fixedCost: null })],
    ["actions[1].fixedCost", paid({ fixedCost: Number.NaN })],
    ["actions[1].maxCost", paid({ maxCost: Infinity })],
    ["actions[1].maxCost", paid({ maxCost: 1e-7 })],
    ["actions[1].maxCost", paid({ maxCost: 2_000_000_000 })],
    ["actions[1].prior.cost", paid({ prior: { value: 1 } })],
    ["actions[1].colour", paid({ colour: "red" })],
    ["models[0].model", { models: [{ model: "newcomer" }] }],
    ["models", { models: [] }],
    ["objective.value", { objective: { ...objective, value: [] } }],
    ["objective.value[0].valuePerUnit", { objective: { ...objective, value: [{ head: "visit", valuePerUnit: 0 }] } }],
    [
      "objective.value[0].discount",
      { objective: { ...objective, value: [{ head: "visit", valuePerUnit: 3, discount: 1.1 }] } },
    ],
    ["objective.maximize", { objective: { ...objective, maximize: "revenue" } }],
    ["eligibility", { eligibility: "a".repeat(2_049) }],
    ["eligibility", { eligibility: "" }],
    ["guardrails.minConfidence", { guardrails: { minConfidence: 1 } }],
    ["guardrails.minConfidence", { guardrails: { minConfidence: 0.4 } }],
    ["guardrails.maxCostPerValue", { guardrails: { maxCostPerValue: 0 } }],
    ["holdout.share", { holdout: { share: 1.01, salt: "h" } }],
    ["holdout.share", { holdout: { share: -0.1, salt: "h" } }],
    ["holdout.salt", { holdout: { share: 0.1, salt: "a|b" } }],
    ["evaluation.table.mail", { evaluation: { share: 0.1, salt: "e", table: { no_offer: 1, mail: -1 } } }],
    ["evaluation.table.mail", { evaluation: { share: 0.1, salt: "e", table: { no_offer: 1, mail: "1" } } }],
    ["evaluation.table", { evaluation: { share: 0.1, salt: "e", table: [0.5, 0.5] } }],
    ["exploration.epsilon", { exploration: { strategy: "epsilon", epsilon: 1.5 } }],
    ["exploration.gamma", { exploration: { strategy: "inverse-gap", gamma: -1 } }],
    ["exploration.gamma", { exploration: { strategy: "inverse-gap" } }],
    ["exploration.strategy", { exploration: { strategy: "ucb" } }],
    ["exploration.budgetShare", { exploration: { ...exploration, budgetShare: 1.01 } }],
    ["exploration.epsilon", { exploration: { strategy: "skewed" } }],
    ["exploration.evenShare", { exploration: { strategy: "skewed", epsilon: 0.1, evenShare: 1.1 } }],
    ["exploration.costUnit", { exploration: { strategy: "skewed", epsilon: 0.1, costUnit: 0 } }],
    ["exploration.temperature", { exploration: { strategy: "softmax" } }],
    ["exploration.temperature", { exploration: { strategy: "softmax", temperature: 0 } }],
    ["exploration.epsilon", { exploration: { strategy: "thompson", epsilon: 0.1 } }],
    ["exploration.gapUnit", { exploration: { strategy: "inverse-gap", gamma: 1, gapUnit: 0 } }],
    ["exploration.gamma", { exploration: { strategy: "greedy", gamma: 1 } }],
    ["features.maxAge", { features: { maxAge: "24", coldStart: "no_offer" } }],
    ["features.coldStart", { features: { maxAge: "24h", coldStart: "guess" } }],
    ["offerTtl", { offerTtl: "0h" }],
    ["budgets", { budgets: {} }],
    ["budget.amount", { budget: { amount: -1, reserve: "max" } }],
    ["budget.amount", { budget: { amount: 0.0000001, reserve: "max" } }],
    ["budget.reserve", { budget: { amount: 1 } }],
    ["budget.reserve", { budget: { amount: 1, reserve: "some" } }],
    ["budget.period.every", { budget: { period: { every: "fortnight" }, reserve: "max" } }],
    ["budget.period.from", { budget: { period: { from: "monday" }, reserve: "max" } }],
    ["budget.epoch", { budget: { epoch: "5", reserve: "max" } }],
    ["caps[0].max", { caps: [{ scope: "user", max: 0, per: "30d" }] }],
    ["caps[0].max", { caps: [{ scope: "user", max: 101, per: "30d" }] }],
    ["caps[0].per", { caps: [{ scope: "user", max: 1, per: "month" }] }],
    ["caps[0].per", { caps: [{ scope: "user", max: 1, per: { every: "month" } }] }],
    ["caps[0].scope", { caps: [{ scope: "everybody", max: 1, per: "30d" }] }],
    ["caps", { caps: Array.from({ length: 17 }, () => ({ scope: "user", max: 1, per: "30d" })) }],
    ["cooldowns[0].for", { cooldowns: [{ scope: "user", for: "1 day" }] }],
    ["budget.volumes[0].max", { budget: { volumes: [{ action: "mail", max: 0.5 }], reserve: "max" } }],
  ])("%s in %j", (path, changes) => {
    expect(faultsWith(changes).map((fault) => fault.path)).toContain(path);
  });

  test.each([
    "program",
    "version",
    "state",
    "randomizationUnit",
    "currency",
    "actions",
    "models",
    "objective",
    "exploration",
    "features",
  ])("%s is required", (field) => {
    expect(faultsWith({ [field]: undefined }).map(({ path }) => path)).toContain(field);
  });

  test.each([[null], [7], ["program"], [[]]])("%j is not a program", (value) => {
    expect(ProgramFile.safeParse(value).success).toBe(false);
  });
});

test("everything that is wrong is reported in one pass, laws between fields included", () => {
  const faults = faultsWith({
    version: "1",
    colour: "red",
    stickiness: { by: "user" },
    actions: [
      { id: "mail", channel: "email", fixedCost: 0 },
      { id: "push", fixedCost: 0 },
    ],
    holdout: { share: 0.6, salt: "same" },
    evaluation: { share: 0.6, salt: "same" },
    objective: "profit",
  });
  expect(faults.map(({ path }) => path).toSorted()).toEqual([
    "actions",
    "actions[1].channel",
    "colour",
    "evaluation.salt",
    "evaluation.share",
    "objective",
    "stickiness.window",
    "version",
  ]);
});

test("an amount is accepted exactly when it has at most 6 decimals", () => {
  // Oracle: the decimal text, written by integer arithmetic.
  const micros = fc.bigInt({ min: 0n, max: 10n ** 15n });
  const text = (amount: bigint, last: string) =>
    `${amount / 1_000_000n}.${String(amount % 1_000_000n).padStart(6, "0")}${last}`;
  fc.assert(
    fc.property(micros, (amount) => {
      expect(faultsWith(paid({ fixedCost: Number(text(amount, "")) }))).not.toContainEqual(
        expect.objectContaining({ path: "actions[1].fixedCost" }),
      );
    }),
    { seed: 20_261_121, numRuns: 300 },
  );
  // Up to 1e8 units a double still tells half a micro from a whole one.
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 14n }), (amount) => {
      expect(faultsWith(paid({ fixedCost: Number(text(amount, "5")) }))).toContainEqual({
        path: "actions[1].fixedCost",
        rule: expect.stringContaining("at most 6 decimals"),
      });
    }),
    { seed: 20_261_121, numRuns: 300 },
  );
});

test("a JSON Schema can be generated for editors", () => {
  const schema = z.toJSONSchema(ProgramFile, { io: "input" });
  expect(schema.additionalProperties).toBe(false);
  expect(schema.required).toContain("exploration");
});
