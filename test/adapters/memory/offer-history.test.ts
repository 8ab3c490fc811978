import { execFileSync } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import { describe, expect, onTestFinished, test } from "vitest";
import { openEmbeddedOfferHistory } from "../../../src/adapters/memory/offer-history.ts";
import type { OfferHistory } from "../../../src/core/ports.ts";
import { describeOfferHistory, offersOf, placesOf } from "../../contracts/offer-history.ts";
import { expectModelled } from "../../contracts/offer-history-model.ts";
import { cluster, HOUR_MS, idOf, keptOf, NOW_MS, offerOf, placeOf, user } from "../../support/offers.ts";

describeOfferHistory("the embedded store", async () => {
  const history = await openEmbeddedOfferHistory({ dataDir: await dataDir() });
  return [history, history];
});

test("the embedded store does what the model does, also after a restart", async () => {
  const started = async (dir: string, before?: OfferHistory) => {
    await before?.close();
    const history = await openEmbeddedOfferHistory({ dataDir: dir });
    return { history, again: () => started(dir, history) };
  };
  await expectModelled(async () => started(await dataDir()), 150, "places go");
});

test("after a restart every offer is there and no place", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  for (const n of [1, 2]) await history.take(placeOf(n), [user, cluster], NOW_MS);
  await history.give(keptOf(1), [user, cluster]);
  await history.close();
  const again = await open(dir);
  const found = { kind: "found", history: { offers: [keptOf(1)], places: [] } };
  expect(await again.read([user, cluster])).toEqual([found, found]);
});

test("a last line that a crash cut short is cut off, wherever the cut fell", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  await history.give(keptOf(1), [user]);
  const kept = (await readFile(fileOf(dir))).length;
  await history.give(keptOf(2, { decidedAtMs: NOW_MS + 1 }), [user]);
  await history.close();
  const written = await readFile(fileOf(dir));
  for (let cut = kept; cut < written.length; cut += 7) {
    await writeFile(fileOf(dir), written.subarray(0, cut));
    const again = await openEmbeddedOfferHistory({ dataDir: dir });
    expect(await offersOf(again, user)).toEqual([offerOf()]);
    await again.give(keptOf(3, { decidedAtMs: NOW_MS + 2 }), [user]);
    await again.close();
    const later = await openEmbeddedOfferHistory({ dataDir: dir });
    expect(await offersOf(later, user)).toEqual([offerOf(), offerOf({ decidedAtMs: NOW_MS + 2 })]);
    await later.close();
  }
});

test("a bad line with others after it is refused with its place and nothing is lost", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  await history.give(keptOf(1), [user]);
  await history.close();
  const good = await readFile(fileOf(dir), "utf8");
  for (const bad of [
    "{",
    "{}",
    "",
    good.trim().replace('"offer"', '"omit"'),
    good.trim().replace(String(NOW_MS), "-1"),
    good.trim().replace("voucher_5", "Voucher"),
    good.trim().replace('"u1"', '"u 1"'),
  ]) {
    const damaged = `${good}${bad}\n${good}`;
    await writeFile(fileOf(dir), damaged);
    await expect(openEmbeddedOfferHistory({ dataDir: dir })).rejects.toThrow(
      "offers.ndjson:2 is not a line of the offer histories",
    );
    expect(await readFile(fileOf(dir), "utf8")).toBe(damaged);
  }
});

test("opening writes the file anew when most of its lines are superseded, and only then", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  for (let n = 1; n <= 3; n++) await history.give(keptOf(n), [user, cluster]);
  await history.close();
  await (await openEmbeddedOfferHistory({ dataDir: dir })).close();
  expect(await linesIn(dir)).toBe(3);
  const busy = await openEmbeddedOfferHistory({ dataDir: dir });
  for (let n = 1; n <= 3; n++) {
    await busy.takeBack(idOf(n), n === 3 ? [cluster] : [user, cluster]);
  }
  await busy.close();
  expect(await linesIn(dir)).toBe(6);
  const compacted = await open(dir);
  expect(await linesIn(dir)).toBe(1);
  expect([await offersOf(compacted, user), await offersOf(compacted, cluster)]).toEqual([[offerOf()], []]);
});

test("while it serves, the file is rewritten with what is still needed, and loses nothing that is under way", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  await history.give(keptOf(0), [cluster]);
  const pending = placeOf(30_000, { keepUntilMs: NOW_MS + 30_001 * 60_000 });
  await history.take(pending, [user], NOW_MS);
  // One offer a minute to each of 7 users, each needed for an hour: of 30,000 some 60 are.
  for (let start = 1; start < 30_000; start += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, i) => {
        const decidedAtMs = NOW_MS + (start + i) * 60_000;
        const offer = keptOf(start + i, { decidedAtMs, keepUntilMs: decidedAtMs + HOUR_MS });
        const subjects = [{ scope: "user" as const, id: `u${(start + i) % 7}` }];
        return history.give(offer, subjects);
      }),
    );
  }
  const before = await Promise.all(
    Array.from({ length: 7 }, (_, i) => offersOf(history, { scope: "user", id: `u${i}` })),
  );
  expect(await placesOf(history, user)).toEqual([pending]);
  await history.close();
  expect(await linesIn(dir)).toBeLessThan(11_000);
  const again = await open(dir);
  const lastMs = NOW_MS + 30_000 * 60_000;
  for (const [i, offers] of before.entries()) {
    const needed = offers.filter(({ decidedAtMs }) => decidedAtMs > lastMs - HOUR_MS);
    expect(needed.length).toBeGreaterThan(5);
    expect(await offersOf(again, { scope: "user", id: `u${i}` })).toEqual(needed);
  }
});

test("a file of which everything is still needed is not rewritten, however long", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  const before = await stat(fileOf(dir));
  await Promise.all(
    Array.from({ length: 10_500 }, (_, i) => history.give(keptOf(i), [{ scope: "user", id: `u${i}` }])),
  );
  // What is superseded is looked for after a group of lines is written.
  await history.give(keptOf(10_500), [user]);
  await history.close();
  expect((await stat(fileOf(dir))).ino).toBe(before.ino);
  expect(await linesIn(dir)).toBe(10_501);
});

test("what an interrupted rewrite left behind is not read", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  await history.give(keptOf(1), [user]);
  await history.close();
  await appendFile(`${fileOf(dir)}.next`, '{"did":"forg');
  expect(await offersOf(await open(dir), user)).toEqual([offerOf()]);
});

test("closing waits for an offer under way; afterwards every call is refused", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  const settling = history.give(keptOf(1), [user]);
  await history.close();
  await history.close();
  await settling;
  const refused = { code: "cap_store_unavailable" };
  await expect(history.read([user])).rejects.toMatchObject(refused);
  await expect(history.take(placeOf(2), [user], NOW_MS)).rejects.toMatchObject(refused);
  await expect(history.give(keptOf(2), [user])).rejects.toMatchObject(refused);
  await expect(history.takeBack(idOf(1), [user])).rejects.toMatchObject(refused);
  await expect(history.forget(user)).rejects.toMatchObject(refused);
  expect(await offersOf(await open(dir), user)).toEqual([offerOf()]);
});

// Mounting needs root.
describe.skipIf(getuid?.() !== 0)("on a disk that is full", () => {
  const full = { code: "cap_store_unavailable", message: "offers.ndjson cannot be written: ENOSPC" };

  /** A history with offer 1 of the user; nothing more can be written. */
  async function openFull(dir: string): Promise<OfferHistory> {
    const history = await open(dir);
    await history.give(keptOf(1), [user]);
    await appendFile(join(dir, "filler"), Buffer.alloc(1024 * 1024)).catch(() => undefined);
    // Fills what is left of the file's last page, too.
    const failures: unknown[] = [];
    for (let n = 10; failures.length === 0 && n < 100; n++) {
      await history.give(keptOf(n), [cluster]).catch((error: unknown) => failures.push(error));
    }
    expect(failures).toMatchObject([full]);
    return history;
  }

  test("an offer fails with the system's code, as does its repetition, and is gone when it is left; room on the disk is all it takes", async () => {
    const dir = await smallDisk();
    const history = await openFull(dir);
    await history.take(placeOf(2), [user], NOW_MS);
    const twice = [1, 2].map(() => history.give(keptOf(2, { decidedAtMs: NOW_MS + 1 }), [user]));
    for (const outcome of await Promise.allSettled(twice)) expect(outcome).toMatchObject({ reason: full });
    await expect(history.takeBack(idOf(2), [user])).rejects.toMatchObject(full);
    expect([await offersOf(history, user), await placesOf(history, user)]).toEqual([[offerOf()], []]);
    await rm(join(dir, "filler"));
    const third = keptOf(3, { decidedAtMs: NOW_MS + 2 });
    await history.give(third, [user]);
    await history.close();
    expect(await offersOf(await open(dir), user)).toEqual([offerOf(), offerOf({ decidedAtMs: NOW_MS + 2 })]);
  });

  test("places are taken and left, and an offer whose end is not written counts again after a restart", async () => {
    const dir = await smallDisk();
    const history = await openFull(dir);
    await history.take(placeOf(2), [user], NOW_MS);
    history.leave(idOf(2), [user]);
    expect(await placesOf(history, user)).toEqual([]);
    await expect(history.takeBack(idOf(1), [user])).rejects.toMatchObject(full);
    expect(await offersOf(history, user)).toEqual([]);
    await history.close();
    expect(await offersOf(await open(dir), user)).toEqual([offerOf()]);
  });
});

async function open(dir: string): Promise<OfferHistory> {
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  onTestFinished(() => history.close());
  return history;
}

function fileOf(dir: string): string {
  return join(dir, "offers.ndjson");
}

async function linesIn(dir: string): Promise<number> {
  return (await readFile(fileOf(dir), "utf8")).split("\n").length - 1;
}

async function dataDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "liftgate-offers-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function smallDisk(): Promise<string> {
  const dir = await dataDir();
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", dir]);
  onTestFinished(() => void execFileSync("umount", ["--lazy", dir]));
  return dir;
}
