import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedFeatureStore } from "../../../src/adapters/memory/feature-store.ts";
import { contractOf, describeFeatureStore } from "../../contracts/feature-store.ts";

const contract = contractOf("churn", 2);
const old = contractOf("retired", 2, "c");

describeFeatureStore("the embedded store", async () => openEmbeddedFeatureStore({ dataDir: await dataDir() }));

test("rows survive a restart, also those of contracts that no model uses now", async () => {
  const dir = await dataDir();
  const first = await openEmbeddedFeatureStore({ dataDir: dir });
  await first.write([rowOf("u1", 1), rowOf("u2", 2), { ...rowOf("u1", 3), contract: old }]);
  await first.write([rowOf("u1", 4)]);
  await first.close();
  const second = await open(dir);
  expect(await second.read("u1", [contract, old])).toEqual([found(4), found(3)]);
  expect(await second.read("u2", [contract])).toEqual([found(2)]);
});

test("a last line that a crash cut short is cut off, wherever the cut fell", async () => {
  const dir = await dataDir();
  const store = await openEmbeddedFeatureStore({ dataDir: dir });
  await store.write([rowOf("u1", 1)]);
  const kept = (await readFile(fileOf(dir))).length;
  await store.write([rowOf("u1", 2)]);
  await store.close();
  const whole = await readFile(fileOf(dir));
  for (let cut = kept; cut < whole.length; cut++) {
    await writeFile(fileOf(dir), whole.subarray(0, cut));
    const again = await openEmbeddedFeatureStore({ dataDir: dir });
    expect(await again.read("u1", [contract])).toEqual([found(1)]);
    await again.write([rowOf("u2", 3)]);
    await again.close();
    const later = await openEmbeddedFeatureStore({ dataDir: dir });
    expect([await later.read("u1", [contract]), await later.read("u2", [contract])]).toEqual([[found(1)], [found(3)]]);
    await later.close();
  }
});

test("a bad line with others after it is refused with its place and nothing is lost", async () => {
  const dir = await dataDir();
  const store = await openEmbeddedFeatureStore({ dataDir: dir });
  await store.write([rowOf("u1", 1), rowOf("u2", 2)]);
  await store.close();
  const good = await readFile(fileOf(dir), "utf8");
  for (const bad of [
    "{",
    "{}",
    '{"userId":"a b","set":"churn","row":""}',
    '{"userId":"u3","set":"churn","row":"!"}',
    "",
    "null",
  ]) {
    const damaged = `${good}${bad}\n${good}`;
    await writeFile(fileOf(dir), damaged);
    await expect(openEmbeddedFeatureStore({ dataDir: dir })).rejects.toThrow("features.ndjson:3 is not a feature row");
    expect(await readFile(fileOf(dir), "utf8")).toBe(damaged);
  }
});

test("a file without line ends is refused before it fills the memory", async () => {
  const dir = await dataDir();
  await writeFile(fileOf(dir), "x".repeat(20_000));
  await expect(openEmbeddedFeatureStore({ dataDir: dir })).rejects.toThrow("features.ndjson:1 is not a feature row");
});

test("the file is written anew when most of its lines are superseded, and only then", async () => {
  const dir = await dataDir();
  const lines = async (): Promise<number> => (await readFile(fileOf(dir), "utf8")).split("\n").length - 1;
  const store = await openEmbeddedFeatureStore({ dataDir: dir });
  await store.write([rowOf("u1", 1), rowOf("u1", 2), rowOf("u2", 3), { ...rowOf("u1", 4), contract: old }]);
  await store.close();
  await (await openEmbeddedFeatureStore({ dataDir: dir })).close();
  expect(await lines()).toBe(4);
  const busy = await openEmbeddedFeatureStore({ dataDir: dir });
  for (let i = 5; i < 10; i++) await busy.write([rowOf("u1", i)]);
  await busy.close();
  expect(await lines()).toBe(9);
  const compacted = await openEmbeddedFeatureStore({ dataDir: dir });
  expect(await lines()).toBe(3);
  await compacted.write([rowOf("u3", 10)]);
  await compacted.close();
  const last = await open(dir);
  expect(await last.read("u1", [contract, old])).toEqual([found(9), found(4)]);
  expect([await last.read("u2", [contract]), await last.read("u3", [contract])]).toEqual([[found(3)], [found(10)]]);
});

test("what an interrupted rewrite left behind is not read", async () => {
  const dir = await dataDir();
  const store = await openEmbeddedFeatureStore({ dataDir: dir });
  await store.write([rowOf("u1", 1)]);
  await store.close();
  await appendFile(`${fileOf(dir)}.next`, '{"userId":"u1","set":"chu');
  const again = await open(dir);
  expect(await again.read("u1", [contract])).toEqual([found(1)]);
});

test("loading tells how far it is, up to the whole file", async () => {
  const dir = await dataDir();
  const store = await openEmbeddedFeatureStore({ dataDir: dir });
  await store.write(Array.from({ length: 30_000 }, (_, i) => rowOf(`u${i}`, i)));
  await store.close();
  const size = (await readFile(fileOf(dir))).length;
  const told: number[] = [];
  const again = await openEmbeddedFeatureStore({
    dataDir: dir,
    onProgress: (doneBytes, totalBytes) => {
      expect(totalBytes).toBe(size);
      told.push(doneBytes);
    },
  });
  onTestFinished(() => again.close());
  expect(told.length).toBeGreaterThan(1);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(size);
  expect(await again.read("u29999", [contract])).toEqual([found(29_999)]);
});

test("writes at once are kept whole and in the order they were called", async () => {
  const dir = await dataDir();
  const store = await openEmbeddedFeatureStore({ dataDir: dir });
  await Promise.all(Array.from({ length: 200 }, (_, i) => store.write([rowOf("u1", i), rowOf(`u-${i}`, i)])));
  await store.close();
  const again = await open(dir);
  expect(await again.read("u1", [contract])).toEqual([found(199)]);
  expect(await again.read("u-0", [contract])).toEqual([found(0)]);
});

test("closing waits for a write under way; afterwards every call is refused", async () => {
  const dir = await dataDir();
  const store = await openEmbeddedFeatureStore({ dataDir: dir });
  const writing = store.write([rowOf("u1", 1)]);
  await store.close();
  await expect(writing).resolves.toBeUndefined();
  await expect(store.read("u1", [contract])).rejects.toMatchObject({
    code: "feature_store_unavailable",
  });
  await expect(store.write([rowOf("u1", 2)])).rejects.toMatchObject({
    code: "feature_store_unavailable",
  });
  expect(await (await open(dir)).read("u1", [contract])).toEqual([found(1)]);
});

function rowOf(userId: string, n: number) {
  return { userId, contract, observedAtMs: n, values: Float32Array.of(n, Number.NaN) };
}

function found(n: number) {
  return { kind: "found", observedAtMs: n, values: Float32Array.of(n, Number.NaN) };
}

function fileOf(dir: string): string {
  return join(dir, "features.ndjson");
}

async function open(dir: string) {
  const store = await openEmbeddedFeatureStore({ dataDir: dir });
  onTestFinished(() => store.close());
  return store;
}

async function dataDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "liftgate-features-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
