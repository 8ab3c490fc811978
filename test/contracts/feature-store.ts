/** What every feature store must do, run against each adapter. */
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { FeatureContract } from "../../src/core/domain/model.ts";
import type { FeatureStore } from "../../src/core/ports.ts";

const SEED = 20261121;
const OBSERVED_AT_MS = Date.UTC(2026, 10, 21, 20, 0, 0, 123);

/** A contract of `width` features; another `digit` is another contract of the same set. */
export function contractOf(set: string, width: number, digit = "a"): FeatureContract {
  const features = Array.from({ length: width }, (_, index) => ({
    index,
    name: `f${index}`,
    kind: "numeric" as const,
    source: "store" as const,
    onMissing: "nan" as const,
    default: null,
    min: null,
    max: null,
    vocabulary: null,
    unknownCode: null,
  }));
  return { set, digest: `sha256:${digit.repeat(64)}`, features };
}

/** @param open an empty store; the suite closes it */
export function describeFeatureStore(name: string, open: () => Promise<FeatureStore>): void {
  const contract = contractOf("churn", 3);
  const values = Float32Array.of(1.5, Number.NaN, -0);

  async function emptyStore(): Promise<FeatureStore> {
    const store = await open();
    onTestFinished(() => store.close());
    return store;
  }

  describe(`${name} as a feature store`, () => {
    test("a user never written is missing", async () => {
      const store = await emptyStore();
      expect(await store.read("u1", [contract])).toEqual([{ kind: "missing" }]);
    });

    test("a row comes back as it was written, NaN and -0 included", async () => {
      const store = await emptyStore();
      await store.write([{ userId: "u1", contract, observedAtMs: OBSERVED_AT_MS, values }]);
      const [read] = await store.read("u1", [contract]);
      expect(read).toEqual({ kind: "found", observedAtMs: OBSERVED_AT_MS, values });
    });

    test("a user who is forgotten is missing, in the sets that are named", async () => {
      const store = await emptyStore();
      const other = contractOf("spend", 3);
      for (const one of [contract, other]) {
        for (const userId of ["u1", "u2"]) {
          await store.write([{ userId, contract: one, observedAtMs: OBSERVED_AT_MS, values }]);
        }
      }
      await store.forget("u1", ["churn", "nowhere"]);
      await store.forget("u1", ["churn"]);
      await store.forget("u1", []);
      const kinds = async (userId: string) => (await store.read(userId, [contract, other])).map(({ kind }) => kind);
      expect(await kinds("u1")).toEqual(["missing", "found"]);
      expect(await kinds("u2")).toEqual(["found", "found"]);
      await store.write([{ userId: "u1", contract, observedAtMs: OBSERVED_AT_MS, values }]);
      expect(await kinds("u1")).toEqual(["found", "found"]);
    });

    test("every float32 bit pattern and every finite time is kept", async () => {
      const store = await emptyStore();
      const time = fc.double({ noNaN: true, noDefaultInfinity: true });
      await fc.assert(
        fc.asyncProperty(fc.uint32Array({ minLength: 3, maxLength: 3 }), time, async (bits, observedAtMs) => {
          const row = new Float32Array(bits.slice().buffer);
          await store.write([{ userId: "u1", contract, observedAtMs, values: row }]);
          const [read] = await store.read("u1", [contract]);
          if (read?.kind !== "found") throw new Error(`expected the row, got ${read?.kind}`);
          expect(new Uint32Array(read.values.buffer)).toEqual(bits);
          expect(read.observedAtMs).toBe(observedAtMs);
        }),
        { seed: SEED, numRuns: 200 },
      );
    });

    test("a row written under another contract of the set is a mismatch, whatever its width", async () => {
      const store = await emptyStore();
      await store.write([{ userId: "u1", contract, observedAtMs: OBSERVED_AT_MS, values }]);
      const others = [contractOf("churn", 3, "b"), contractOf("churn", 2), contractOf("churn", 4)];
      expect(await store.read("u1", others)).toEqual([
        { kind: "mismatch" },
        { kind: "mismatch" },
        { kind: "mismatch" },
      ]);
    });

    test("several sets of a user come back in the order asked, each found, missing or mismatched by itself", async () => {
      const store = await emptyStore();
      const wide = contractOf("value", 1_024);
      const ramp = Float32Array.from({ length: 1_024 }, (_, i) => i / 7);
      await store.write([
        { userId: "u1", contract: wide, observedAtMs: 1, values: ramp },
        { userId: "u1", contract, observedAtMs: 2, values },
      ]);
      const read = await store.read("u1", [contract, contractOf("other", 3), wide, contractOf("value", 2), contract]);
      expect(read).toEqual([
        { kind: "found", observedAtMs: 2, values },
        { kind: "missing" },
        { kind: "found", observedAtMs: 1, values: ramp },
        { kind: "mismatch" },
        { kind: "found", observedAtMs: 2, values },
      ]);
      expect(await store.read("u1", [])).toEqual([]);
    });

    test("the last write of a user wins, within one call and across calls and contracts", async () => {
      const store = await emptyStore();
      const newer = contractOf("churn", 2, "b");
      await store.write([
        { userId: "u1", contract, observedAtMs: 9, values },
        { userId: "u1", contract, observedAtMs: 1, values: Float32Array.of(1, 1, 1) },
      ]);
      expect(await store.read("u1", [contract])).toEqual([
        { kind: "found", observedAtMs: 1, values: Float32Array.of(1, 1, 1) },
      ]);
      await store.write([{ userId: "u1", contract: newer, observedAtMs: 2, values: Float32Array.of(2, 2) }]);
      expect(await store.read("u1", [contract, newer])).toEqual([
        { kind: "mismatch" },
        { kind: "found", observedAtMs: 2, values: Float32Array.of(2, 2) },
      ]);
    });

    test("ids with every allowed character, and ids that look like commands and keys, are users of their own", async () => {
      const store = await emptyStore();
      const ids = [
        ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:@/+=-".split(""),
        "x".repeat(128),
        "GET",
        "FLUSHALL",
        "u1:features:churn",
        "liftgate:u1:features:churn",
        "liftgate:probe",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "../../etc/passwd",
        "-1",
        "+OK",
        "00",
      ];
      await store.write(
        ids.map((userId, i) => ({
          userId,
          contract,
          observedAtMs: i,
          values: Float32Array.of(i, i, i),
        })),
      );
      for (const [i, userId] of ids.entries()) {
        expect(await store.read(userId, [contract])).toEqual([
          { kind: "found", observedAtMs: i, values: Float32Array.of(i, i, i) },
        ]);
      }
      expect(await store.read("toString", [contract])).toEqual([{ kind: "missing" }]);
    });

    test("1,000 users written at once are read at once, each with its own row", async () => {
      const store = await emptyStore();
      const users = Array.from({ length: 1_000 }, (_, i) => ({
        userId: `u${i}`,
        contract,
        observedAtMs: i,
        values: Float32Array.of(i, -i, 0.5),
      }));
      await store.write(users);
      const reads = await Promise.all(users.map(({ userId }) => store.read(userId, [contract])));
      expect(reads).toEqual(
        users.map(({ observedAtMs, values: row }) => [{ kind: "found", observedAtMs, values: row }]),
      );
    });

    test("what a caller does to a row it wrote or read does not change the store", async () => {
      const store = await emptyStore();
      const mine = Float32Array.of(1, 2, 3);
      const writing = store.write([{ userId: "u1", contract, observedAtMs: 1, values: mine }]);
      mine.fill(9);
      await writing;
      const [read] = await store.read("u1", [contract]);
      if (read?.kind === "found") read.values.fill(9);
      expect(await store.read("u1", [contract])).toEqual([
        { kind: "found", observedAtMs: 1, values: Float32Array.of(1, 2, 3) },
      ]);
    });

    test("writing no rows is no work", async () => {
      const store = await emptyStore();
      await expect(store.write([])).resolves.toBeUndefined();
    });

    test("a row with too few values or no time is refused before anything is written", async () => {
      const store = await emptyStore();
      const good = { userId: "u1", contract, observedAtMs: 1, values };
      await expect(store.write([good, { ...good, values: Float32Array.of(1) }])).rejects.toThrow(
        "expected 3 values for churn, got 1",
      );
      await expect(store.write([good, { ...good, observedAtMs: Number.NaN }])).rejects.toThrow(
        "expected a finite observedAt",
      );
      expect(await store.read("u1", [contract])).toEqual([{ kind: "missing" }]);
    });
  });
}
