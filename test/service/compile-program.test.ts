import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { TemporalCalendar } from "../../src/adapters/temporal/calendar.ts";
import { compileRule } from "../../src/adapters/cel/compile-rule.ts";
import { readProgram } from "../../src/adapters/file/read-program.ts";
import { Manifest } from "../../src/contract/manifest.ts";
import { ProgramFile } from "../../src/contract/program-file.ts";
import type { ModelCatalog } from "../../src/core/ports.ts";
import { compileProgram } from "../../src/service/compile-program.ts";
import { CATALOG, catalogModel, catalogOf, PROGRAM_YAML } from "../support/program-fixtures.ts";

const calendar = new TemporalCalendar();

function compile(changes: Readonly<Record<string, unknown>> = {}, models: ModelCatalog = CATALOG) {
  const file = ProgramFile.parse({ ...parse(PROGRAM_YAML), ...changes });
  return compileProgram(
    { id: file.program, digest: "sha256:d", bytes: new Uint8Array(), file },
    { models, compileRule, calendar },
  );
}

function programOf(changes: Readonly<Record<string, unknown>> = {}) {
  const compiled = compile(changes);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  return compiled.value;
}

describe("a file becomes the program that decides", () => {
  test("no_offer comes first, the rest as declared, with nothing left open", () => {
    expect(programOf().actions).toEqual([
      { id: "no_offer", channel: null, volumes: [], fixedCost: 0, maxCost: Infinity, prior: null },
      {
        id: "mail",
        channel: "email",
        volumes: ["action:mail", "channel:email"],
        fixedCost: 0.01,
        maxCost: 2,
        prior: null,
      },
      {
        id: "voucher",
        channel: "app",
        volumes: ["action:voucher", "channel:app"],
        fixedCost: 0,
        maxCost: Infinity,
        prior: null,
      },
    ]);
  });

  test("weights are value per unit times discount; profit subtracts the cost, value does not", () => {
    expect(programOf().objective).toEqual({
      costWeight: 1,
      value: [{ head: "visit", weight: 1.5 }],
      cost: "incentive",
    });
    const value = programOf({
      objective: {
        maximize: "value",
        value: [{ head: "spend", valuePerUnit: 0.3 }],
        cost: "incentive",
      },
    });
    expect(value.objective).toEqual({
      costWeight: 0,
      value: [{ head: "spend", weight: 0.3 }],
      cost: "incentive",
    });
  });

  test("confidence becomes a normal quantile", () => {
    expect(programOf().guardrails).toEqual({
      confidenceZ: 0,
      maxCostPerValue: Infinity,
      minEfficiency: 0,
    });
    // Oracle: R 4.3, qnorm(0.975).
    expect(programOf({ guardrails: { minConfidence: 0.975 } }).guardrails.confidenceZ).toBeCloseTo(
      1.959963984540054,
      15,
    );
  });

  test("arms that are not declared hold nobody; durations are milliseconds", () => {
    const { holdout, evaluation, features, offerTtlMs } = programOf();
    expect([holdout.share, evaluation.share, features.maxAgeMs, offerTtlMs]).toEqual([0, 0, 86_400_000, 86_400_000]);
  });

  test("the evaluation arm's table is in the order of the actions; null without one", () => {
    const table = { voucher: 0.2, mail: 0.3, no_offer: 0.5 };
    const evaluation = { share: 0.1, salt: "e", table };
    expect(programOf({ evaluation }).evaluation).toEqual({ share: 0.1, salt: "e", table: [0.5, 0.3, 0.2] });
    expect(programOf({ evaluation: { share: 0.1, salt: "e" } }).evaluation.table).toBeNull();
  });

  test("rules route and select", () => {
    const { routes, eligibility } = programOf();
    const loyal = { features: { tenure: 24, region: "closed" }, context: {} };
    expect(routes.map(({ when, model }) => [when?.(loyal) ?? null, model.name])).toEqual([
      [true, "loyal"],
      [null, "newcomer"],
    ]);
    expect([eligibility?.(loyal), eligibility?.({ features: {}, context: {} })]).toEqual([false, true]);
  });
});

describe("a budget", () => {
  const own = { amount: 12.5, period: { every: "month", timezone: "Europe/Berlin" }, reserve: "expected" };

  test("of its own is money in whole micros, for the periods of its time zone", () => {
    const volumes = [
      { action: "mail", max: 100 },
      { channel: "app", max: 50 },
    ];
    expect(programOf({ budget: { ...own, volumes } }).funding).toEqual({
      pool: "spring-mail",
      reserve: "expected",
      terms: {
        amountMicros: 12_500_000,
        period: { kind: "calendar", every: "month", timeZone: "Europe/Berlin" },
        epochMs: 5_000,
        settleWithinMs: 3_600_000,
        volumes: { "action:mail": 100, "channel:app": 50 },
      },
    });
  });

  test("may be for one period between two instants", () => {
    const period = { from: "2026-12-01T00:00:00+01:00", until: "2026-12-25T00:00:00Z" };
    expect(programOf({ budget: { ...own, period } }).funding?.terms?.period).toEqual({
      kind: "fixed",
      fromMs: Date.UTC(2026, 10, 30, 23),
      untilMs: Date.UTC(2026, 11, 25),
    });
  });

  test("in another's pool has no terms of its own; none is none", () => {
    const funding = { pool: "autumn-mail", reserve: "expected", terms: null };
    expect(programOf({ budget: { pool: "autumn-mail", reserve: "expected" } }).funding).toEqual(funding);
    expect(programOf().funding).toBeNull();
  });

  test("in a time zone that is none is a fault that says what would be right", () => {
    const compiled = compile({ budget: { ...own, period: { every: "month", timezone: "Berlin" } } });
    expect(compiled.ok ? [] : compiled.faults).toEqual([
      { path: "budget.period.timezone", rule: expect.stringContaining("such as Europe/Berlin") },
    ]);
  });
});

test("caps count by window, and a cooldown is a cap of one", () => {
  const caps = [
    { scope: "user", channel: "email", max: 2, per: "30d" },
    { scope: "cluster", across: "all", max: 5, per: { every: "week", timezone: "Europe/Berlin" } },
  ];
  const cooldowns = [{ scope: "user", action: "mail", for: "12h" }];
  expect(programOf({ caps, cooldowns }).caps).toEqual([
    {
      reason: "cap_reached",
      scope: "user",
      program: "spring-mail",
      action: null,
      channel: "email",
      max: 2,
      window: { kind: "rolling", spanMs: 2_592_000_000 },
    },
    {
      reason: "cap_reached",
      scope: "cluster",
      program: null,
      action: null,
      channel: null,
      max: 5,
      window: { kind: "calendar", every: "week", timeZone: "Europe/Berlin" },
    },
    {
      reason: "cooldown",
      scope: "user",
      program: "spring-mail",
      action: "mail",
      channel: null,
      max: 1,
      window: { kind: "rolling", spanMs: 43_200_000 },
    },
  ]);
});

test("faults of fit and of rules come together, by path", () => {
  const compiled = compile({
    actions: [{ id: "no_offer" }, { id: "push", channel: "app", fixedCost: 0 }],
    objective: {
      maximize: "profit",
      value: [{ head: "incentive", valuePerUnit: 1 }],
      cost: "visit",
    },
    eligibility: "features.age > 3.0 && features.",
    models: [{ when: "features.tenure == 'x'", model: "loyal@2" }, { model: "newcomer@1" }],
  });
  expect(compiled).toMatchObject({ ok: false, admissible: null });
  expect(new Set(compiled.ok ? [] : compiled.faults.map(({ path }) => path))).toEqual(
    new Set(["actions[1].id", "objective.value[0].head", "objective.cost", "models[0].when", "eligibility"]),
  );
});

describe("models that are not loaded", () => {
  const onlyNewcomer = catalogOf(catalogModel("newcomer@1"));

  test("are the program's only fault: it could be admitted without them", () => {
    const compiled = compile({}, onlyNewcomer);
    expect(compiled).toMatchObject({
      ok: false,
      faults: [{ path: "models[0].model", rule: "model not loaded: loyal@2" }],
      admissible: {
        program: { id: "spring-mail" },
        missingModels: [{ name: "loyal", version: "2" }],
      },
    });
  });

  test("do not make the features they bring unknown, and hide no other fault", () => {
    expect(compile({ eligibility: "features.onlyLoyalHasIt > 1.0" }, onlyNewcomer)).toMatchObject({
      admissible: {},
    });
    const compiled = compile({ eligibility: "features.a.matches('x')" }, onlyNewcomer);
    expect(compiled).toMatchObject({ ok: false, admissible: null });
    expect(compiled.ok ? [] : compiled.faults.map(({ path }) => path)).toEqual(["models[0].model", "eligibility"]);
  });
});

test("the shipped program fits the shipped model", async () => {
  const root = join(import.meta.dirname, "../..");
  const text = await readProgram("hillstrom-email", join(root, "programs/hillstrom-email.yaml"));
  const manifest = Manifest.parse(
    JSON.parse(readFileSync(join(root, "models/hillstrom-email/1/manifest.json"), "utf8")),
  );
  const shipped = {
    name: manifest.name,
    version: manifest.version,
    outputs: {
      actions: manifest.actions,
      heads: manifest.heads,
      replicates: manifest.replicates,
      calibration: {},
    },
    contract: {
      set: manifest.name,
      digest: manifest.featureDigest,
      features: manifest.features.map((entry) => ({ ...entry, default: null })),
    },
  };
  expect(text.ok && compileProgram(text.value, { models: catalogOf(shipped), compileRule, calendar })).toMatchObject({
    ok: true,
    value: {
      actions: [{ id: "no_offer" }, { id: "mens_email" }, { id: "womens_email" }],
      objective: { value: [{ weight: 3 }] },
    },
  });
});
