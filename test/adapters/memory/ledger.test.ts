import { appendFile, copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedLedger } from "../../../src/adapters/memory/ledger.ts";
import type { Ledger } from "../../../src/core/budget-ports.ts";
import { ACCOUNT, describeLedger, reservationOf, syncOf } from "../../contracts/ledger.ts";
import { EmbeddedLedgerStore } from "../../support/embedded-ledger-store.ts";
import { expectHistories } from "../../support/ledger-histories.ts";
import { PureLedgerStore } from "../../support/pure-ledger.ts";

const SEED = 20261125;
const A = { replica: "a", life: 1 };

describeLedger("pure", async () => new PureLedgerStore());
describeLedger("embedded", async () => (await openIn(await ownDirectory())).ledger);

test.for(["remembers", "forgets"] as const)(
  "the pure ledger's invariants hold in histories of a store that %s",
  (memory) =>
    expectHistories({
      open: async () => new PureLedgerStore(),
      memory,
      count: 600,
      stepsMax: 60,
      seed: SEED,
      prefix: "h",
    }),
);

test("the embedded ledger knows after every restart what it knew before, also compacted", () =>
  expectHistories({
    open: async () => EmbeddedLedgerStore.open(await ownDirectory(), 2_000),
    memory: "rebuilds",
    count: 60,
    stepsMax: 60,
    seed: SEED,
    prefix: "h",
  }));

test("a command that a crash cut short is cut off, and was never answered", async () => {
  const dataDir = await ownDirectory();
  const { ledger, path } = await openIn(dataDir);
  await ledger.sync(syncOf(A, { want: 30 }));
  const whole = await stat(path);
  await ledger.sync(syncOf(A, { turn: 2, want: 30 }));
  const before = await ledger.view(ACCOUNT);
  await ledger.close();
  await truncate(path, (await stat(path)).size - 1);
  const again = await openIn(dataDir);
  expect(before).toMatchObject({ leased: 60 });
  expect(await again.ledger.view(ACCOUNT)).toMatchObject({ leased: 30 });
  expect((await stat(path)).size).toBe(whole.size);
  expect(await again.ledger.sync(syncOf(A, { turn: 2, want: 30 }))).toMatchObject({ kind: "synced", granted: 60 });
});

test("one changed digit is damage that names its line", async () => {
  const dataDir = await ownDirectory();
  const { ledger, path } = await openIn(dataDir);
  await ledger.sync(syncOf(A, { want: 30 }));
  await ledger.sync(syncOf(A, { turn: 2, want: 5 }));
  await ledger.close();
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace('"want":30', '"want":31'));
  await expect(openIn(dataDir)).rejects.toThrow("ledger.ndjson:1 is not what the ledger wrote");
  await writeFile(path, text);
  await appendFile(path, "not a line\n");
  await expect(openIn(dataDir)).rejects.toThrow("ledger.ndjson:3 is not what the ledger wrote");
});

test("while its file cannot be written nothing is done, and a file without a name takes nothing", async () => {
  const dataDir = await ownDirectory();
  const { ledger, path } = await openIn(dataDir);
  await ledger.sync(syncOf(A, { want: 30 }));
  await copyFile(path, `${path}.copy`);
  await rm(path);
  await expect(ledger.sync(syncOf(A, { turn: 2, want: 5 }))).rejects.toMatchObject({ code: "ledger_unavailable" });
  await expect(ledger.settle(ACCOUNT, [])).rejects.toMatchObject({ code: "ledger_unavailable" });
  expect(await ledger.view(ACCOUNT)).toMatchObject({ leased: 30 });
});

test("a closed ledger refuses", async () => {
  const { ledger } = await openIn(await ownDirectory());
  await ledger.close();
  await ledger.close();
  await expect(ledger.sync(syncOf(A))).rejects.toMatchObject({ code: "ledger_unavailable" });
  await expect(ledger.view(ACCOUNT)).rejects.toMatchObject({ code: "ledger_unavailable" });
});

test("a compacted file forgets reservations that ended long ago, and only those", async () => {
  const dataDir = await ownDirectory();
  const afterYears = 200 * 86_400_000;
  const open = () => openIn(dataDir, { clock: () => afterYears, compactBytesMin: 1 });
  const { ledger, path } = await open();
  await ledger.sync(syncOf(A, { want: 30 }));
  const [old, pending, recent] = [
    reservationOf("old", 5),
    reservationOf("pending", 6),
    reservationOf("recent", 7, { expiresAtMs: afterYears }),
  ];
  await ledger.sync(syncOf(A, { turn: 2, reservations: [old, pending, recent] }));
  const settled = ["old", "recent"].map(
    (id) => ({ kind: "settle", eventId: id, reservationId: id, amount: 1 }) as const,
  );
  await ledger.settle(ACCOUNT, settled);
  await ledger.close();
  const long = await open();
  await long.ledger.reap(ACCOUNT, { nowMs: 1, limit: 1 });
  await long.ledger.close();
  const text = await readFile(path, "utf8");
  expect([...text.matchAll(/"reservation","key":"[^"]*","id":"(\w+)"/g)].map(([, id]) => id)).toEqual([
    "pending",
    "recent",
  ]);
  const again = await open();
  expect(await again.ledger.view(ACCOUNT)).toMatchObject({ pending: 6, settled: 2, leased: 12, available: 80 });
});

test("a ledger that compacted its file knows no more than the file: a restart changes nothing", async () => {
  const dataDir = await ownDirectory();
  const open = () => openIn(dataDir, { clock: () => 200 * 86_400_000, compactBytesMin: 1 });
  const { ledger } = await open();
  await ledger.sync(syncOf(A, { want: 30 }));
  await ledger.sync(syncOf(A, { turn: 2, reservations: [reservationOf("old", 5)] }));
  await ledger.settle(ACCOUNT, [{ kind: "settle", eventId: "e1", reservationId: "old", amount: 1 }]);
  await ledger.sync(syncOf(A, { turn: 3 }));
  await ledger.settle(ACCOUNT, [{ kind: "settle", eventId: "e2", reservationId: "old", amount: 3 }]);
  const before = await ledger.view(ACCOUNT);
  await ledger.close();
  expect(await (await open()).ledger.view(ACCOUNT)).toEqual(before);
});

test("of two processes with one folder the money is only granted by one", async () => {
  const dataDir = await ownDirectory();
  const [one, other] = [await openIn(dataDir), await openIn(dataDir)];
  expect(await one.ledger.sync(syncOf(A, { want: 100 }))).toMatchObject({ kind: "synced", granted: 100 });
  const second = syncOf({ replica: "a", life: 2 }, { want: 100 });
  await expect(other.ledger.sync(second)).rejects.toMatchObject({ code: "ledger_unavailable" });
  expect(await one.ledger.view(ACCOUNT)).toMatchObject({ leased: 100, available: 0 });
});

async function openIn(
  dataDir: string,
  { clock = () => 0, compactBytesMin }: { readonly clock?: () => number; readonly compactBytesMin?: number } = {},
): Promise<{ readonly ledger: Ledger; readonly path: string }> {
  const size = compactBytesMin === undefined ? {} : { compactBytesMin };
  const ledger = await openEmbeddedLedger({ dataDir, durability: "power", clock, ...size });
  onTestFinished(() => ledger.close());
  return { ledger, path: join(dataDir, "ledger.ndjson") };
}

async function ownDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "liftgate-ledger-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
