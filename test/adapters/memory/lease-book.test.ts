import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLeaseBook, type OpenLeaseBook } from "../../../src/adapters/memory/lease-book.ts";

const SUMMER = { budget: "summer", period: "2026-11" };
const WINTER = { budget: "winter", period: "2026-11" };

test("a replica keeps its name and is one life older at each start", async () => {
  const dataDir = await ownDirectory();
  expect((await openIn(dataDir)).holder).toEqual({ replica: "first", life: 1 });
  expect((await openIn(dataDir, "second")).holder).toEqual({ replica: "first", life: 2 });
  expect((await openIn(await ownDirectory(), "second")).holder).toEqual({ replica: "second", life: 1 });
});

test("lives that had a lease on an account are known to every later life", async () => {
  const dataDir = await ownDirectory();
  const first = await openIn(dataDir);
  await Promise.all([first.remember(SUMMER), first.remember(WINTER)]);
  await openIn(dataDir);
  const third = await openIn(dataDir);
  await third.remember(SUMMER);
  expect(third.lives(SUMMER)).toEqual([
    { replica: "first", life: 1 },
    { replica: "first", life: 3 },
  ]);
  const fourth = await openIn(dataDir);
  expect(fourth.lives(SUMMER)).toEqual(third.lives(SUMMER));
  expect(fourth.lives(WINTER)).toEqual([{ replica: "first", life: 1 }]);
  expect(fourth.lives({ budget: "spring", period: "2026-11" })).toEqual([]);
  expect(fourth.accounts()).toEqual([SUMMER, WINTER]);
});

test("a line that a crash cut short is cut off; any other that is not right is damage", async () => {
  const dataDir = await ownDirectory();
  const book = await openIn(dataDir);
  await book.remember(SUMMER);
  await book.close();
  const path = join(dataDir, "leases.ndjson");
  await appendFile(path, '{"kind":"opened","acc');
  const next = await openIn(dataDir);
  expect(next.lives(SUMMER)).toHaveLength(1);
  await next.close();
  expect(await readFile(path, "utf8")).toBe(
    '{"kind":"start","replica":"first","life":1}\n{"kind":"opened","account":{"budget":"summer","period":"2026-11"},"life":1}\n{"kind":"start","replica":"first","life":2}\n',
  );
  await appendFile(path, '{"kind":"opened"}\n');
  await expect(openIn(dataDir)).rejects.toThrow("leases.ndjson:4 is not a line of the lease book");
  await appendFile(path, "nothing\n");
  await expect(openIn(dataDir)).rejects.toThrow("leases.ndjson:4 is not a line of the lease book");
});

test("a lease that cannot be written down is not opened", async () => {
  const dataDir = await ownDirectory();
  const book = await openIn(dataDir);
  await rm(join(dataDir, "leases.ndjson"));
  await expect(book.remember(SUMMER)).rejects.toThrow("deleted");
  expect(book.lives(SUMMER)).toEqual([]);
});

async function openIn(dataDir: string, name = "first"): Promise<OpenLeaseBook> {
  const book = await openLeaseBook({ dataDir, newReplica: () => name });
  onTestFinished(() => book.close().catch(() => undefined));
  return book;
}

async function ownDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "liftgate-leases-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
