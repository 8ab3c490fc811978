import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type KeeperObserver,
  type LogExtent,
  LogKeeper,
  type LogKeeperOptions,
} from "../../../src/adapters/file/log-keeper.ts";
import { LoggedSpending } from "../../../src/adapters/file/spending-history.ts";
import { sealSegment } from "../../../src/adapters/file/seal-segment.ts";
import { type LogKind, segmentFileName } from "../../../src/adapters/file/segment-name.ts";
import { idAt, logIn, recordOf, recordsIn, START_MS, TestDirectory } from "../../support/decision-log-files.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

class Witness implements KeeperObserver {
  readonly told: string[] = [];
  readonly failures: unknown[] = [];
  extent: LogExtent | null = null;
  measured(extent: LogExtent): void {
    this.extent = extent;
  }
  cutOff({ path, bytes }: { readonly path: string; readonly bytes: number }): void {
    this.told.push(`cut ${bytes} off ${basename(path)}`);
  }
  sealed(path: string, { kind }: { readonly kind: string }): void {
    this.told.push(`${kind} ${basename(path)}`);
  }
  deleted(path: string): void {
    this.told.push(`deleted ${basename(path)}`);
  }
  failed(cause: unknown): void {
    this.failures.push(cause);
  }
}

function keeperOf(directory: TestDirectory, overrides: Partial<LogKeeperOptions> = {}) {
  const observer = new Witness();
  const keeper = new LogKeeper({
    kind: "decisions",
    directory: directory.path,
    isOpen: () => false,
    retentionMs: null,
    neededSinceMs: () => Infinity,
    seal: sealSegment,
    timer: { after: () => () => undefined },
    clock: () => START_MS,
    observer,
    ...overrides,
  });
  return { keeper, observer };
}

function segment(directory: TestDirectory, startMs: number, content: string, kind: LogKind = "decisions"): string {
  const path = join(directory.path, segmentFileName(kind, startMs, "0badcafe"));
  writeFileSync(path, content);
  return path;
}

const line = (n: number) => `${recordOf(idAt(START_MS, n))}\n`;

describe("a pass of the keeper", () => {
  it("compresses sealed segments, and deletes the plain one a pass later", async () => {
    using directory = new TestDirectory();
    const path = segment(directory, START_MS, line(1) + line(2));
    const name = basename(path);
    const { keeper, observer } = keeperOf(directory);
    await keeper.pass();
    expect(readdirSync(directory.path)).toEqual([name, `${name}.zst`]);
    await keeper.pass();
    expect(readdirSync(directory.path)).toEqual([`${name}.zst`]);
    await keeper.pass();
    expect(observer.told).toEqual([`copied ${name}`, `confirmed ${name}`]);
    expect(observer.failures).toEqual([]);
    expect(await recordsIn(directory.path)).toEqual([line(1), line(2)].map((text) => text.trimEnd()));
  });

  it("leaves alone what the log may still write to, from before it is there until it is closed", async () => {
    using directory = new TestDirectory();
    const log = logIn(directory.path);
    const { keeper, observer } = keeperOf(directory, { isOpen: (path) => log.isOpen(path) });
    await log.append(recordOf(idAt(START_MS, 1)));
    await keeper.pass();
    expect(observer.told).toEqual([]);
    await log.append(recordOf(idAt(START_MS, 2)));
    await log.close();
    await keeper.pass();
    await keeper.pass();
    expect(observer.told.map((text) => text.split(" ")[0])).toEqual(["copied", "confirmed"]);
    expect(await recordsIn(directory.path)).toHaveLength(2);
  });

  it("puts a segment with a line that is no record aside, and tells so until somebody acts", async () => {
    using directory = new TestDirectory();
    const name = basename(segment(directory, START_MS, `${line(1)}{"half\n${line(3)}`));
    const { keeper, observer } = keeperOf(directory);
    await keeper.pass();
    await keeper.pass();
    expect(readdirSync(directory.path)).toEqual([`${name}.damaged`]);
    expect([observer.told, observer.extent?.damaged]).toEqual([[`damaged ${name}`], 1]);
    expect(await recordsIn(directory.path)).toHaveLength(2);
  });

  it("cuts a tail off that the log could not cut off itself", async () => {
    using directory = new TestDirectory();
    const name = basename(segment(directory, START_MS, `${line(1)}{"torn`));
    const empty = basename(segment(directory, START_MS + 1, '{"all torn'));
    const { keeper, observer } = keeperOf(directory);
    await keeper.pass();
    expect(observer.told).toEqual([`cut 6 off ${name}`, `copied ${name}`, `cut 10 off ${empty}`]);
    expect(readFileSync(join(directory.path, `${name}.torn`), "utf8")).toBe('{"torn');
  });

  it("measures bytes and age, and knows of an empty log", async () => {
    using directory = new TestDirectory();
    const { keeper, observer } = keeperOf(directory, { isOpen: () => true });
    await keeper.pass();
    expect(observer.extent).toEqual({ bytes: 0, oldestMs: null, damaged: 0 });
    const paths = [START_MS, START_MS - DAY_MS].map((startMs) => segment(directory, startMs, line(1)));
    await keeper.pass();
    const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
    expect(observer.extent).toEqual({ bytes, oldestMs: START_MS - DAY_MS, damaged: 0 });
  });

  it("goes on with the others when one fails, and tries that one again", async () => {
    using directory = new TestDirectory();
    const [bad, good] = [segment(directory, START_MS, line(1)), segment(directory, START_MS + 1, line(2))];
    const faults = [new Error("no space")];
    const { keeper, observer } = keeperOf(directory, {
      seal: async (path) => {
        const fault = path === bad ? faults.pop() : undefined;
        if (fault !== undefined) throw fault;
        return await sealSegment(path);
      },
    });
    await keeper.pass();
    expect([observer.told, observer.failures]).toEqual([[`copied ${basename(good)}`], [new Error("no space")]]);
    await keeper.pass();
    expect(observer.told).toContain(`copied ${basename(bad)}`);
  });

  it("tells when the log cannot be listed", async () => {
    using directory = new TestDirectory();
    writeFileSync(join(directory.path, "file"), "");
    const { keeper, observer } = keeperOf(directory, { directory: join(directory.path, "file") });
    await keeper.pass();
    expect(observer.failures).toMatchObject([{ code: "log_unavailable" }]);
  });
});

describe("retention", () => {
  const ages = [99, 101, 401].map((days) => START_MS - days * DAY_MS);

  it("deletes every form of a segment, once its last record is too old, and nothing else", async () => {
    using directory = new TestDirectory();
    const lastKept = START_MS - 100 * DAY_MS - HOUR_MS;
    const old = segment(directory, lastKept - 1, line(1));
    for (const ending of [".zst", ".torn", ".zst.part", ".damaged"]) writeFileSync(old + ending, "");
    const kept = segment(directory, lastKept, line(2));
    const outcomes = segment(directory, 0, "{}\n", "outcomes");
    writeFileSync(join(directory.path, "notes.ndjson"), "");
    const { keeper } = keeperOf(directory, { retentionMs: 100 * DAY_MS, isOpen: (path) => path === kept });
    await keeper.pass();
    expect(readdirSync(directory.path)).toEqual([basename(kept), "notes.ndjson", basename(outcomes)].toSorted());
  });

  it.each([
    { needed: "nothing", neededSinceMs: Infinity, kept: 1 },
    { needed: "a period that began 200 days ago", neededSinceMs: START_MS - 200 * DAY_MS, kept: 2 },
    { needed: "a period of years", neededSinceMs: START_MS - 500 * DAY_MS, kept: 3 },
  ])("keeps what is needed for longer: $needed", async ({ neededSinceMs, kept }) => {
    using directory = new TestDirectory();
    for (const startMs of ages) segment(directory, startMs, line(1));
    const { keeper } = keeperOf(directory, {
      retentionMs: 100 * DAY_MS,
      neededSinceMs: () => neededSinceMs,
      seal: async () => ({ kind: "copied", bytes: 0, compressedBytes: 0 }),
    });
    await keeper.pass();
    expect(readdirSync(directory.path)).toHaveLength(kept);
  });

  it("is off unless it is asked for, and never takes an open segment", async () => {
    using directory = new TestDirectory();
    for (const startMs of ages) segment(directory, startMs, line(1));
    await keeperOf(directory, { isOpen: () => true, retentionMs: 100 * DAY_MS }).keeper.pass();
    expect(readdirSync(directory.path)).toHaveLength(3);
    await keeperOf(directory).keeper.pass();
    expect(readdirSync(directory.path)).toHaveLength(6);
  });

  it("gone segments are gone for those who prove spending, while they read", async () => {
    using directory = new TestDirectory();
    const later = segment(directory, START_MS, line(1));
    segment(directory, START_MS - 200 * DAY_MS, line(1));
    const { keeper } = keeperOf(directory, { retentionMs: 100 * DAY_MS, isOpen: (path) => path === later });
    const reading = new LoggedSpending({ decisions: directory.path, outcomes: "" }, () => null).reservations(
      { budget: "b", period: "p" },
      { replica: "r", life: 1 },
    );
    await keeper.pass();
    expect(await reading[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
  });
});

describe("a keeper that is started", () => {
  it("passes at once and then after each pause, until it is closed", async () => {
    using directory = new TestDirectory();
    let pause = Promise.withResolvers<() => void>();
    let isCalledOff = false;
    const { keeper, observer } = keeperOf(directory, {
      isOpen: () => true,
      timer: {
        after: (_, callback) => {
          pause.resolve(callback);
          return () => {
            isCalledOff = true;
          };
        },
      },
    });
    keeper.start();
    const passAgain = await pause.promise;
    expect(observer.extent?.bytes).toBe(0);
    segment(directory, START_MS, line(1));
    pause = Promise.withResolvers();
    passAgain();
    await pause.promise;
    expect(observer.extent?.bytes).toBe(line(1).length);
    await keeper.close();
    expect(isCalledOff).toBe(true);
  });

  it("ends a pass that is under way when it is closed", async () => {
    using directory = new TestDirectory();
    for (const startMs of [START_MS, START_MS + 1]) segment(directory, startMs, line(1));
    const sealing = Promise.withResolvers<void>();
    const asked: string[] = [];
    const { keeper, observer } = keeperOf(directory, {
      seal: async (path, signal) => {
        asked.push(path);
        sealing.resolve();
        await new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("called off")));
        });
        return { kind: "confirmed" };
      },
    });
    keeper.start();
    await sealing.promise;
    await keeper.close();
    expect([asked.length, observer.failures]).toEqual([1, []]);
    expect(readdirSync(directory.path)).toHaveLength(2);
  });
});
