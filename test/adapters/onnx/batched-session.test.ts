import { readFile } from "node:fs/promises";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BATCH_ROWS_MAX, BatchedSession } from "../../../src/adapters/onnx/batched-session.ts";
import { openSession } from "../../../src/adapters/onnx/runtime.ts";
import { TINY, TINY_DIRECTORY } from "../../support/model-folders.ts";

const FEATURES = 4;
/** visit, mail, replicate 0 is 0.0625 up to a recency of 6.5: the tree in make_fixtures.py. */
const RECENT = Float32Array.of(6, 20.5, 0, 1);
/** Above it, and called, it is 0.125. */
const LATE = Float32Array.of(7, 20.5, 1, 1);

let batches: number[];
let session: BatchedSession;

async function open(heads: readonly string[], file = `${TINY}/model.onnx`): Promise<BatchedSession> {
  const graph = await readFile(path.join(TINY_DIRECTORY, file));
  return BatchedSession.open({
    session: await openSession(graph),
    featureCount: FEATURES,
    heads,
    onBatch: (rows) => void batches.push(rows),
  });
}

async function visitOf(row: Float32Array): Promise<number | undefined> {
  const { heads, row: at } = await session.score(row);
  return heads["visit"]?.[at * 4];
}

beforeEach(async () => {
  batches = [];
  session = await open(["visit", "incentive"]);
});

afterEach(async () => {
  await session.release();
});

describe("a batched session", () => {
  it("warms up without counting it as batches", () => {
    expect(batches).toEqual([]);
  });

  it("scores rows of one turn in one run, each with its own outputs", async () => {
    const values = await Promise.all([RECENT, LATE, RECENT, LATE].map(visitOf));
    expect(values).toEqual([0.0625, 0.125, 0.0625, 0.125]);
    expect(batches).toEqual([4]);
  });

  it("lets rows that arrive in another callback of the same turn join the run", async () => {
    const first = visitOf(RECENT);
    const second = new Promise((resolve) => process.nextTick(resolve)).then(() => visitOf(LATE));
    expect(await Promise.all([first, second])).toEqual([0.0625, 0.125]);
    expect(batches).toEqual([2]);
  });

  it("splits more rows than a batch holds, in order", async () => {
    const rows = Array.from({ length: 2 * BATCH_ROWS_MAX + 9 }, (_, i) => (i % 3 === 0 ? LATE : RECENT));
    const values = await Promise.all(rows.map(visitOf));
    expect(values).toEqual(rows.map((row) => (row === LATE ? 0.125 : 0.0625)));
    expect(batches).toEqual([BATCH_ROWS_MAX, BATCH_ROWS_MAX, 9]);
  });

  it("gives rows that arrive while a batch waits a batch of their own", async () => {
    const first = visitOf(RECENT);
    await nextTurn();
    await nextTurn();
    const second = visitOf(LATE);
    expect(await Promise.all([first, second])).toEqual([0.0625, 0.125]);
    expect(batches).toEqual([1, 1]);
  });

  it("has copied the row when score returns", async () => {
    const row = RECENT.slice();
    const value = visitOf(row);
    row.set(LATE);
    expect(await value).toBe(0.0625);
  });

  it("keeps the outputs of a run while later runs reuse its input", async () => {
    const kept = await session.score(RECENT);
    for (let i = 0; i < 20; i++) await session.score(LATE);
    expect(kept.heads["visit"]?.[kept.row * 4]).toBe(0.0625);
  });

  it("fetches only the heads asked for", async () => {
    expect(Object.keys((await session.score(RECENT)).heads)).toEqual(["visit", "incentive"]);
  });

  it("finishes the rows under way before it is released, and takes no more", async () => {
    const values = Promise.all(Array.from({ length: 600 }, () => visitOf(RECENT)));
    const released = session.release();
    await expect(session.score(RECENT)).rejects.toMatchObject({ code: "model_failed" });
    expect(new Set(await values)).toEqual(new Set([0.0625]));
    await released;
  });

  it("rejects every row of a run that throws, with model_failed, and scores the next", async () => {
    await session.release();
    session = await open(["visit"], "graphs/fails-on-large.onnx");
    const harmless = Float32Array.of(0, 0.5, 0, 0);
    const results = await Promise.allSettled([session.score(harmless), session.score(RECENT)]);
    expect(results).toMatchObject([
      { status: "rejected", reason: { code: "model_failed" } },
      { status: "rejected", reason: { code: "model_failed" } },
    ]);
    expect(await visitOf(harmless)).toBe(0.0625);
    expect(batches).toEqual([2, 1]);
  });

  it("refuses to open on a head the graph does not have", async () => {
    await expect(open(["order"])).rejects.toMatchObject({ code: "model_failed" });
  });

  it("takes rows of the contract's width only", () => {
    expect(() => session.score(new Float32Array(3))).toThrow("a row of 4 features, got 3");
  });
});
