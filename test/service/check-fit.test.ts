import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ProgramFile } from "../../src/contract/program-file.ts";
import { checkFit, referenceOf, routedModels } from "../../src/service/check-fit.ts";
import { CATALOG, catalogModel, catalogOf, feature, PROGRAM_YAML } from "../support/program-fixtures.ts";

const FILE = ProgramFile.parse(parse(PROGRAM_YAML));
const newcomer = catalogModel("newcomer@1");

function faultsOf(file: ProgramFile, models = CATALOG) {
  return checkFit(file, routedModels(file, models));
}

test("a reference is split at the @", () => {
  expect(referenceOf("hillstrom-email@1.2-rc.1")).toEqual({
    name: "hillstrom-email",
    version: "1.2-rc.1",
  });
});

test("a model that two routes share is looked at once", () => {
  const file = {
    ...FILE,
    models: [{ when: "true", model: "newcomer@1" }, { model: "newcomer@1" }],
  };
  expect(routedModels(file, CATALOG).found.map(({ path }) => path)).toEqual(["models[0].model"]);
  expect(routedModels(file, catalogOf()).missing.map(({ path }) => path)).toEqual(["models[0].model"]);
});

describe("a program fits its models", () => {
  test("as written", () => expect(faultsOf(FILE)).toEqual([]));

  test("unless one of them has no output for an action", () => {
    const models = catalogOf(catalogModel("loyal@2", { actions: ["mail"] }), newcomer);
    expect(faultsOf(FILE, models)).toEqual([
      { path: "actions[2].id", rule: "loyal@2 has no output for it; it has mail" },
    ]);
  });

  test.each([
    ["visits", "visits", "incentive"],
    ["a cost head as value", "incentive", "incentive"],
    ["a baseline as value", "visit_baseline", "incentive"],
  ])("unless the value head is %s", (_, head, cost) => {
    const file = {
      ...FILE,
      objective: { ...FILE.objective, value: [{ head, valuePerUnit: 1, discount: 1 }], cost },
    };
    const faults = faultsOf(file);
    expect(faults.map(({ path }) => path)).toEqual(["objective.value[0].head", "objective.value[0].head"]);
    expect(faults[0]?.rule).toBe("loyal@2 has no value head of this name; it has visit, spend");
  });

  test("unless the cost head is a value head", () => {
    const faults = faultsOf({ ...FILE, objective: { ...FILE.objective, cost: "spend" } });
    expect(faults[0]).toEqual({
      path: "objective.cost",
      rule: "loyal@2 has no cost head of this name; it has incentive",
    });
  });

  test("unless it draws by thompson and a model has one replicate, which has no spread", () => {
    const file = { ...FILE, exploration: { strategy: "thompson" as const, floor: 0, salt: "draw" } };
    expect(faultsOf(file)).toEqual(
      ["loyal@2", "newcomer@1"].map((label) => ({
        path: "exploration.strategy",
        rule: `thompson needs a model with 2 bootstrap replicates or more, and ${label} has 1: export one with replicates, or name another strategy`,
      })),
    );
    const spread = ["loyal@2", "newcomer@1"].map((label) => {
      const found = catalogModel(label);
      return { ...found, outputs: { ...found.outputs, replicates: 2 } };
    });
    expect(faultsOf(file, catalogOf(...spread))).toEqual([]);
  });

  test("unless a feature is text in one model and a number in the other", () => {
    const models = catalogOf(catalogModel("loyal@2", { features: [feature("region")] }), newcomer);
    expect(faultsOf(FILE, models)).toEqual([
      {
        path: "models[1].model",
        rule: "feature region is text in newcomer@1 and a number in loyal@2",
      },
    ]);
  });

  test("unless two versions of one model read one stored row differently", () => {
    const other = {
      ...catalogModel("newcomer@2"),
      contract: { ...newcomer.contract, digest: "sha256:other" },
    };
    const file = {
      ...FILE,
      models: [{ when: "true", model: "newcomer@2" }, { model: "newcomer@1" }],
    };
    expect(faultsOf(file, catalogOf(newcomer, other))).toEqual([
      {
        path: "models[1].model",
        rule: "newcomer@1 and newcomer@2 read the feature set newcomer under different contracts",
      },
    ]);
  });
});
