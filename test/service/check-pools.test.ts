import { expect, test } from "vitest";
import type { Funding } from "../../src/core/domain/funding.ts";
import type { Program } from "../../src/core/domain/program.ts";
import { poolFaults } from "../../src/service/check-pools.ts";
import { programWith } from "../support/programs.ts";

const own: Funding = {
  pool: "autumn",
  reserve: "expected",
  terms: {
    amountMicros: 1,
    period: { kind: "fixed", fromMs: 0, untilMs: 1 },
    epochMs: 5_000,
    settleWithinMs: 0,
    volumes: {},
  },
};
const autumn = programWith({ id: "autumn", funding: own });
const shared: Funding = { pool: "autumn", reserve: "expected", terms: null };

function faultsOf(changes: Partial<Program>, ...others: readonly Program[]) {
  const programs = new Map(others.map((program) => [program.id, program]));
  return poolFaults(programWith({ id: "spring", ...changes }), programs);
}

test("a pool of its own, no budget, and a share in a pool that is there, are right", () => {
  expect(poolFaults(autumn, new Map())).toEqual([]);
  expect(faultsOf({ funding: null })).toEqual([]);
  expect(faultsOf({ funding: shared }, autumn)).toEqual([]);
});

test.each([
  ["budget.pool", "is not a loaded program", { funding: shared }, []],
  ["budget.pool", "is not a loaded program", { funding: shared }, [programWith({ id: "autumn" })]],
  ["budget.pool", "is not a loaded program", { funding: shared }, [programWith({ id: "autumn", funding: shared })]],
  ["currency", "must be USD", { funding: shared, currency: "EUR" }, [autumn]],
  ["budget.reserve", "must be expected", { funding: { ...shared, reserve: "max" as const } }, [autumn]],
])("%s: %s", (path, words, changes, others) => {
  expect(faultsOf(changes, ...others)).toEqual([{ path, rule: expect.stringContaining(words) }]);
});
