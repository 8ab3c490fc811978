import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getuid } from "node:process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openIndexStore } from "../../../src/adapters/lmdb/index-store.ts";
import type { IndexStore } from "../../../src/core/index-ports.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";

const EVERYTHING = { from: "", to: "~", limit: 1_000 };

function opened(directory: string): IndexStore {
  return openIndexStore({
    directory,
    onFailure: (cause) => {
      throw cause;
    },
  });
}

test("what is set is read at once, before and after it is in the file", async () => {
  const store = opened(await temporaryFolder());
  const table = store.table("t");
  expect(table.get("a")).toBeNull();
  table.set("a", "1");
  expect(table.get("a")).toBe("1");
  await store.flushed();
  expect(table.get("a")).toBe("1");
  table.delete("a");
  expect(table.get("a")).toBeNull();
  await store.flushed();
  expect(table.get("a")).toBeNull();
  await store.close();
});

test("a table is the same under the same name, and another under another", async () => {
  const store = opened(await temporaryFolder());
  store.table("one").set("k", "1");
  expect(store.table("one").get("k")).toBe("1");
  expect(store.table("two").get("k")).toBeNull();
  await store.close();
});

test("closing writes everything, and the next process finds it", async () => {
  const directory = await temporaryFolder();
  const store = opened(directory);
  for (let i = 0; i < 5_000; i++) store.table("t").set(`k${i}`, String(i));
  await store.close();
  const again = opened(directory);
  expect(again.table("t").get("k4999")).toBe("4999");
  expect([...again.table("t").range({ ...EVERYTHING, limit: 10_000 })]).toHaveLength(5_000);
  await again.close();
});

test("says the same as a map, whatever is set, deleted and written in between", async () => {
  const store = opened(await temporaryFolder());
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({ do: fc.constant("set" as const), key: fc.integer({ min: 0, max: 9 }), value: fc.nat(99) }),
          fc.record({ do: fc.constant("delete" as const), key: fc.integer({ min: 0, max: 9 }) }),
          fc.record({ do: fc.constant("flush" as const) }),
          fc.record({ do: fc.constant("start a flush" as const) }),
        ),
        { maxLength: 30 },
      ),
      async (steps) => {
        const table = store.table("t");
        const prefix = `${++run}-`;
        const model = new Map<string, string>();
        for (const step of steps) {
          if (step.do === "flush") await store.flushed();
          if (step.do === "start a flush") void store.flushed();
          if (step.do === "set") {
            table.set(`${prefix}${step.key}`, String(step.value));
            model.set(`${prefix}${step.key}`, String(step.value));
          }
          if (step.do === "delete") {
            table.delete(`${prefix}${step.key}`);
            model.delete(`${prefix}${step.key}`);
          }
          for (let key = 0; key < 10; key++) {
            expect(table.get(`${prefix}${key}`)).toBe(model.get(`${prefix}${key}`) ?? null);
          }
        }
        await store.flushed();
        const range = [...table.range({ from: prefix, to: `${prefix}~`, limit: 100 })];
        expect(range).toEqual([...model].toSorted(([a], [b]) => (a < b ? -1 : 1)));
      },
    ),
    { numRuns: 200, seed: 20_261_127 },
  );
  await store.close();
});

test("a range ends where it is told, and after as many entries as it is told", async () => {
  const store = opened(await temporaryFolder());
  const table = store.table("t");
  for (const key of ["a", "b", "c", "d"]) table.set(key, key);
  await store.flushed();
  const keys = (bounds: { from: string; to: string; limit: number }) => [...table.range(bounds)].map(([key]) => key);
  expect(keys({ from: "b", to: "d", limit: 9 })).toEqual(["b", "c"]);
  expect(keys({ from: "", to: "~", limit: 3 })).toEqual(["a", "b", "c"]);
  await store.close();
});

// Mounting needs root.
test.skipIf(getuid?.() !== 0)(
  "a full disk keeps nothing from being read, and it is written when there is space",
  async () => {
    const directory = await temporaryFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", directory]);
    try {
      await writeFile(join(directory, "ballast"), Buffer.alloc(400 * 1024));
      const store = openIndexStore({ directory: join(directory, "index"), onFailure: () => undefined });
      const table = store.table("t");
      const value = "x".repeat(1_000);
      for (let i = 0; i < 200; i++) table.set(`k${i}`, value);
      await expect(store.flushed()).rejects.toThrow("Input/output error");
      table.set("k0", "changed since");
      expect([table.get("k0"), table.get("k199")]).toEqual(["changed since", value]);
      await rm(join(directory, "ballast"));
      await store.flushed();
      expect([table.get("k0"), table.get("k199")]).toEqual(["changed since", value]);
      expect([...table.range(EVERYTHING)]).toHaveLength(200);
      await store.close();
    } finally {
      execFileSync("umount", [directory]);
    }
  },
);
