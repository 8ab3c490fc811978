import { execFileSync } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import { describe, expect, onTestFinished, test } from "vitest";
import { openEmbeddedOfferHistory } from "../../../src/adapters/memory/offer-history.ts";
import type { OfferHistory } from "../../../src/core/ports.ts";
import { describeOfferHistory, offersOf } from "../../contracts/offer-history.ts";
import { expectModelled } from "../../contracts/offer-history-model.ts";
import { cluster, commitOf, conditionOf, idOf, NOW_MS, offerOf, user } from "../../support/offers.ts";

describeOfferHistory("the embedded store", async () => {
  const history = await openEmbeddedOfferHistory({ dataDir: await dataDir() });
  return [history, history];
});

describeOfferHistory("the embedded store, opened anew for every call,", async () => {
  const history = new Reopened(await dataDir());
  return [history, history];
});

test("the embedded store does what the model does, also after a restart", async () => {
  const started = async (dir: string, before?: OfferHistory) => {
    await before?.close();
    const history = await openEmbeddedOfferHistory({ dataDir: dir });
    return { history, again: () => started(dir, history) };
  };
  await expectModelled(async () => started(await dataDir()), 60);
});

test("a last line that a crash cut short is cut off, wherever the cut fell", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  await history.commit(commitOf(1));
  const kept = (await readFile(fileOf(dir))).length;
  await history.commit(commitOf(2, { decidedAtMs: NOW_MS + 1 }));
  await history.close();
  const written = await readFile(fileOf(dir));
  for (let cut = kept; cut < written.length; cut += 7) {
    await writeFile(fileOf(dir), written.subarray(0, cut));
    const again = await openEmbeddedOfferHistory({ dataDir: dir });
    expect(await offersOf(again, user)).toEqual([offerOf()]);
    await again.commit(commitOf(3, { decidedAtMs: NOW_MS + 2 }));
    await again.close();
    const later = await openEmbeddedOfferHistory({ dataDir: dir });
    expect(await offersOf(later, user)).toEqual([offerOf(), offerOf({ decidedAtMs: NOW_MS + 2 })]);
    await later.close();
  }
});

test("a bad line with others after it is refused with its place and nothing is lost", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  await history.commit(commitOf(1));
  await history.close();
  const good = await readFile(fileOf(dir), "utf8");
  for (const bad of [
    "{",
    "{}",
    "",
    good.trim().replace("commit", "omit"),
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
  for (let n = 1; n <= 3; n++) await history.commit(commitOf(n, {}, { subject: user }, { subject: cluster }));
  await history.close();
  await (await openEmbeddedOfferHistory({ dataDir: dir })).close();
  expect(await linesIn(dir)).toBe(3);
  const busy = await openEmbeddedOfferHistory({ dataDir: dir });
  for (let n = 1; n <= 3; n++) await busy.undo(idOf(n), n === 3 ? [cluster] : [user, cluster]);
  await busy.close();
  expect(await linesIn(dir)).toBe(6);
  const compacted = await open(dir);
  expect(await linesIn(dir)).toBe(1);
  expect([await offersOf(compacted, user), await offersOf(compacted, cluster)]).toEqual([[offerOf()], []]);
});

test("while it serves, the file is rewritten with what is still needed, and loses nothing that is under way", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  await history.commit(commitOf(0, {}, { subject: cluster }));
  // One offer a minute to each of 7 users, each needed for an hour: of 30,000 some 60 are.
  for (let start = 1; start < 30_000; start += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, i) => {
        const decidedAtMs = NOW_MS + (start + i) * 60_000;
        const subject = { scope: "user" as const, id: `u${(start + i) % 7}` };
        return history.commit(commitOf(start + i, { decidedAtMs }, { subject, keepUntilMs: decidedAtMs + 3_600_000 }));
      }),
    );
  }
  const before = await Promise.all(
    Array.from({ length: 7 }, (_, i) => offersOf(history, { scope: "user", id: `u${i}` })),
  );
  await history.close();
  expect(await linesIn(dir)).toBeLessThan(11_000);
  const again = await open(dir);
  const lastMs = NOW_MS + 30_000 * 60_000;
  for (const [i, offers] of before.entries()) {
    const needed = offers.filter(({ decidedAtMs }) => decidedAtMs > lastMs - 3_600_000);
    expect(needed.length).toBeGreaterThan(5);
    expect(await offersOf(again, { scope: "user", id: `u${i}` })).toEqual(needed);
  }
});

test("what an interrupted rewrite left behind is not read", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  await history.commit(commitOf(1));
  await history.close();
  await appendFile(`${fileOf(dir)}.next`, '{"did":"forg');
  expect(await offersOf(await open(dir), user)).toEqual([offerOf()]);
});

test("closing waits for a commit under way; afterwards every call is refused", async () => {
  const dir = await dataDir();
  const history = await openEmbeddedOfferHistory({ dataDir: dir });
  const committing = history.commit(commitOf(1));
  await history.close();
  await history.close();
  expect(await committing).toBe("committed");
  const refused = { code: "cap_store_unavailable" };
  await expect(history.read([user])).rejects.toMatchObject(refused);
  await expect(history.commit(commitOf(2))).rejects.toMatchObject(refused);
  await expect(history.undo(idOf(1), [user])).rejects.toMatchObject(refused);
  await expect(history.forget(user)).rejects.toMatchObject(refused);
  expect(await offersOf(await open(dir), user)).toEqual([offerOf()]);
});

// Mounting needs root.
describe.skipIf(getuid?.() !== 0)("on a disk that is full", () => {
  test("a commit fails with the system's code and does not count, nor does its repetition; room on the disk is all it takes", async () => {
    const dir = await smallDisk();
    const history = await open(dir);
    const conditions = [conditionOf({ max: 2 })];
    expect(await history.commit(commitOf(1, {}, { conditions }))).toBe("committed");
    await appendFile(join(dir, "filler"), Buffer.alloc(1024 * 1024)).catch(() => undefined);
    // Fills what is left of the file's last page, too: then nothing more can be written.
    const failures: unknown[] = [];
    for (let n = 10; failures.length === 0 && n < 100; n++) {
      const elsewhere = commitOf(n, {}, { subject: cluster });
      await history.commit(elsewhere).catch((error: unknown) => failures.push(error));
    }
    const full = { code: "cap_store_unavailable", message: "offers.ndjson cannot be written: ENOSPC" };
    expect(failures).toMatchObject([full]);
    const twice = [history.commit(commitOf(2, {}, { conditions })), history.commit(commitOf(2, {}, { conditions }))];
    for (const outcome of await Promise.allSettled(twice)) expect(outcome).toMatchObject({ reason: full });
    expect(await offersOf(history, user)).toHaveLength(1);
    await rm(join(dir, "filler"));
    expect(await history.commit(commitOf(3, {}, { conditions }))).toBe("committed");
    expect(await history.commit(commitOf(4, {}, { conditions }))).toBe("refused");
    await history.close();
    expect(await offersOf(await open(dir), user)).toHaveLength(2);
  });
});

/** One process after another. */
class Reopened implements OfferHistory {
  readonly #dataDir: string;
  #open: Promise<OfferHistory> | null = null;
  #calls = 0;

  constructor(dir: string) {
    this.#dataDir = dir;
  }

  read: OfferHistory["read"] = (subjects) => this.#with((history) => history.read(subjects));
  commit: OfferHistory["commit"] = (commit) => this.#with((history) => history.commit(commit));
  undo: OfferHistory["undo"] = (decisionId, subjects) => this.#with((history) => history.undo(decisionId, subjects));
  forget: OfferHistory["forget"] = (subject) => this.#with((history) => history.forget(subject));

  async close(): Promise<void> {
    // Every call closes what it opened.
  }

  /** Calls at once share a process. */
  async #with<T>(call: (history: OfferHistory) => Promise<T>): Promise<T> {
    this.#open ??= openEmbeddedOfferHistory({ dataDir: this.#dataDir });
    const opened = this.#open;
    this.#calls++;
    try {
      return await call(await opened);
    } finally {
      this.#calls--;
      if (this.#calls === 0) {
        this.#open = null;
        await (await opened).close();
      }
    }
  }
}

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
