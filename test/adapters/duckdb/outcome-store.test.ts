import { describe, expect, it } from "vitest";
import { OutcomeStore } from "../../../src/adapters/duckdb/outcome-store.ts";
import { Workspace } from "../../../src/adapters/duckdb/workspace.ts";
import { OUTCOME_SCHEMA, type OutcomeRecord } from "../../../src/core/domain/outcome.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";

const idOf = (i: number) => `019aa8e1-${i.toString(16).padStart(4, "0")}-7b0e-9d5c-3f1f6f0a9b11`;

function outcome(i: number, change: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    schema: OUTCOME_SCHEMA,
    outcomeId: `o${i}`,
    decisionId: idOf(i),
    type: "reward",
    head: null,
    value: 0.1 + i,
    cost: null,
    action: null,
    occurredAt: "2026-11-21T21:00:00Z",
    receivedAt: "2026-11-21T21:00:04.012Z",
    ...change,
  };
}

function lineOf(line: object): readonly [object, string] {
  return [line, JSON.stringify(line)];
}

describe("a store of outcomes", () => {
  it("finds those of the decisions that are asked for, all of them, as they were told", async () => {
    using workspace = await Workspace.open(await temporaryFolder());
    const store = await OutcomeStore.open(workspace);
    // More than one vector, backwards, and one decision with two.
    const told = [...Array.from({ length: 5_000 }, (_, i) => outcome(4_999 - i)), outcome(7, { outcomeId: "again" })];
    for (const one of told) expect(store.add(...lineOf(one))).toBeNull();
    await store.seal();
    const found = await store.of([idOf(4_321), idOf(7), idOf(9_999)]);
    expect(new Set(found.keys())).toEqual(new Set([idOf(7), idOf(4_321)]));
    expect(found.get(idOf(4_321))).toEqual([outcome(4_321)]);
    expect(new Set(found.get(idOf(7)))).toEqual(new Set([outcome(7), outcome(7, { outcomeId: "again" })]));
  });

  it("refuses what is no outcome record, by what is wrong with it", async () => {
    using workspace = await Workspace.open(await temporaryFolder());
    const store = await OutcomeStore.open(workspace);
    expect(store.add(...lineOf({ ...outcome(1), type: "click" }))).toBe("not an outcome record: type");
    expect(store.add(...lineOf({ ...outcome(1), cost: -1 }))).toBe("not an outcome record: cost");
    await store.seal();
    expect(await store.of([idOf(1)])).toEqual(new Map());
  });

  it("counts exposures, and is empty without outcomes", async () => {
    using workspace = await Workspace.open(await temporaryFolder());
    const store = await OutcomeStore.open(workspace);
    store.add(...lineOf(outcome(1, { type: "exposure" })));
    expect(store.exposures).toBe(1);
    using other = await Workspace.open(await temporaryFolder());
    const empty = await OutcomeStore.open(other);
    await empty.seal();
    expect([empty.exposures, await empty.of([idOf(1)])]).toEqual([0, new Map()]);
  });
});
