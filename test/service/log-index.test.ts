import { expect, onTestFinished, test } from "vitest";
import { openIndexStore } from "../../src/adapters/lmdb/index-store.ts";
import { RECORD_EXAMPLE } from "../../src/contract/record-example.ts";
import { timeOfId } from "../../src/core/domain/decision-id.ts";
import { knownFrom } from "../../src/core/domain/known-decision.ts";
import { LogIndex } from "../../src/service/log-index.ts";
import { IndexSweep } from "../../src/service/index-sweep.ts";
import { idAt } from "../support/decision-log-files.ts";
import { decided } from "../support/outcome-world.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";

const DAY_MS = 86_400_000;

async function newIndex() {
  const store = openIndexStore({ directory: await temporaryFolder(), onFailure: () => undefined });
  onTestFinished(() => store.close());
  return { store, index: new LogIndex(store) };
}

test("knows of a decision what its outcomes ask for", async () => {
  const { store, index } = await newIndex();
  const records = [decided(1), decided(2, { action: "no_offer" }), { ...RECORD_EXAMPLE, question: null }];
  for (const record of records) index.add(record);
  await store.flushed();
  for (const record of records) expect(index.decision(record.decisionId)).toEqual(knownFrom(record));
  expect(index.decision(idAt(0, 9))).toBeNull();
});

test("knows what a question was answered with, by caller, program and requestId", async () => {
  const { index } = await newIndex();
  const record = { ...RECORD_EXAMPLE, question: { caller: "shop", fingerprint: "f" } };
  index.add(record);
  const name = { caller: "shop", program: record.program.id, requestId: record.requestId };
  expect(index.answered(name)).toEqual({ decisionId: record.decisionId, fingerprint: "f", wasToldAlone: false });
  await index.toldAlone(record.decisionId);
  // The log is read again after a crash, and does not say it.
  index.add(record);
  expect(index.answered(name)?.wasToldAlone).toBe(true);
  for (const other of [{ caller: "app" }, { program: "other" }, { requestId: "other" }]) {
    expect(index.answered({ ...name, ...other })).toBeNull();
  }
});

test("that a decision was told alone is in the file before anybody is told", async () => {
  const { store, index } = await newIndex();
  await index.toldAlone("a decision");
  // What only waits in memory is not in a range.
  const bounds = { from: "a", to: "b", limit: 2 };
  expect([...store.table("alone").range(bounds)]).toEqual([["a decision", ""]]);
});

test("a request without an id of its own cannot be asked again", async () => {
  const { index } = await newIndex();
  index.add({ ...RECORD_EXAMPLE, question: null });
  const name = { caller: "local", program: RECORD_EXAMPLE.program.id, requestId: RECORD_EXAMPLE.requestId };
  expect(index.answered(name)).toBeNull();
});

test("lets go of questions after a week, and of decisions after a hundred days", async () => {
  const { store, index } = await newIndex();
  const nowMs = timeOfId(RECORD_EXAMPLE.decisionId) + 200 * DAY_MS;
  const aged = (days: number) => ({
    ...RECORD_EXAMPLE,
    decisionId: idAt(nowMs - days * DAY_MS, days),
    requestId: `r${days}`,
  });
  for (const days of [3, 6, 8, 99, 101]) index.add(aged(days));
  await store.flushed();
  const sweep = new IndexSweep(index.aging);
  sweep.step(nowMs);
  const kept = [3, 6, 8, 99, 101].filter((days) => index.decision(aged(days).decisionId) !== null);
  const answered = [3, 6, 8, 99, 101].filter(
    (days) => index.answered({ caller: "local", program: RECORD_EXAMPLE.program.id, requestId: `r${days}` }) !== null,
  );
  expect({ kept, answered }).toEqual({ kept: [3, 6, 8, 99], answered: [3, 6] });
});
