import { expect, onTestFinished, test } from "vitest";
import { openIndexStore } from "../../src/adapters/lmdb/index-store.ts";
import { IndexSweep } from "../../src/service/index-sweep.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";

test("gets round a table in steps, again and again, and lets go of what is too old each time", async () => {
  const store = openIndexStore({ directory: await temporaryFolder(), onFailure: () => undefined });
  onTestFinished(() => store.close());
  const table = store.table("t");
  const entries = 2_500;
  for (let i = 0; i < entries; i++) table.set(`k${String(i).padStart(5, "0")}`, String(i));
  await store.flushed();
  const sweep = new IndexSweep([{ table, keptMs: 10, timeOf: (_, value) => Number(value) }]);
  const left = async () => {
    await store.flushed();
    return [...table.range({ from: "", to: "~", limit: entries })].length;
  };
  sweep.step(2_010);
  expect(await left()).toBe(1_500);
  sweep.step(2_010);
  expect(await left()).toBe(500);
  for (let step = 0; step < 3; step++) sweep.step(2_011);
  expect(await left()).toBe(499);
});
