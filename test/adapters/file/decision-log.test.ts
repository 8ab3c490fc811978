import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { createSegmentFile } from "../../../src/adapters/file/segment.ts";
import {
  idAt,
  logIn,
  LogWitness,
  recordOf,
  recordsIn,
  START_MS,
  TestDirectory,
} from "../../support/decision-log-files.ts";

const lines = (count: number, bytes = 100): readonly string[] =>
  Array.from({ length: count }, (_, i) => recordOf(idAt(START_MS, i), bytes));

describe("the decision log", () => {
  it("keeps the order of appends, byte for byte, in UTF-8", async () => {
    using directory = new TestDirectory();
    const log = logIn(directory.path);
    const appended = [...lines(500), JSON.stringify({ user: "Zoë 🦊", nul: "\u0000" })];
    await Promise.all(appended.map((line) => log.append(line)));
    await log.close();
    expect(await recordsIn(directory.path)).toEqual(appended);
  });

  it("writes the lines of one turn of the event loop as one group", async () => {
    using directory = new TestDirectory();
    const observer = new LogWitness();
    const log = logIn(directory.path, { observer });
    const appended = lines(64);
    await Promise.all(appended.map((line) => log.append(line)));
    expect(observer.groups).toEqual([{ lines: 64, bytes: appended.join("\n").length + 1, latencyMs: 0 }]);
    expect(observer.queuedBytes).toBe(0);
    await log.close();
  });

  it("writes what arrives while a group is under way as the next group", async () => {
    using directory = new TestDirectory();
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const observer = new LogWitness();
    const log = logIn(directory.path, {
      observer,
      createFile: async (path, durability) => {
        reached.resolve();
        await gate.promise;
        return createSegmentFile(path, durability);
      },
    });
    const first = log.append(recordOf(idAt(START_MS, 0)));
    await reached.promise;
    const rest = lines(10).map((line) => log.append(line));
    gate.resolve();
    await Promise.all([first, ...rest]);
    expect(observer.groups.map((group) => group.lines)).toEqual([1, 10]);
    await log.close();
  });

  it("starts a new segment once one is full, and names it by the clock", async () => {
    using directory = new TestDirectory();
    const observer = new LogWitness();
    const log = logIn(directory.path, { observer, segmentBytesMax: 1_000 });
    for (const line of lines(6, 600)) await log.append(line);
    await log.close();
    expect(observer.opened.map((path) => basename(path))).toEqual([
      "decisions-20261121T200000123Z-00000001.ndjson",
      "decisions-20261121T200000123Z-00000002.ndjson",
      "decisions-20261121T200000123Z-00000003.ndjson",
    ]);
    expect(await recordsIn(directory.path)).toEqual(lines(6, 600));
  });

  it.each([
    { when: "after an hour", readMs: START_MS + 3_600_000, segments: 2 },
    { when: "when the clock goes back", readMs: START_MS - 1, segments: 2 },
    { when: "but not within the hour", readMs: START_MS + 3_599_999, segments: 1 },
  ])("leaves a segment $when, so names tell what time is in it", async ({ readMs, segments }) => {
    using directory = new TestDirectory();
    let nowMs = START_MS;
    const observer = new LogWitness();
    const log = logIn(directory.path, { observer, clock: () => nowMs });
    await log.append(recordOf(idAt(nowMs)));
    nowMs = readMs;
    await log.append(recordOf(idAt(nowMs, 1)));
    await log.close();
    expect(observer.opened).toHaveLength(segments);
  });

  it("opens a new segment at each start and leaves an old torn tail alone", async () => {
    using directory = new TestDirectory();
    const before = logIn(directory.path, { segmentSuffix: () => "00000001" });
    await before.append(recordOf(idAt(START_MS, 1)));
    await before.close();
    const path = `${directory.path}/decisions-20261121T200000123Z-00000001.ndjson`;
    await using torn = await open(path, "a");
    await torn.write('{"schema":"liftgate.dec');

    const after = logIn(directory.path, { segmentSuffix: () => "00000002" });
    await after.append(recordOf(idAt(START_MS, 2)));
    await after.close();
    expect(await recordsIn(directory.path)).toEqual([recordOf(idAt(START_MS, 1)), recordOf(idAt(START_MS, 2))]);
  });

  it("never appends to a file that exists: the append is refused and the next one takes another name", async () => {
    using directory = new TestDirectory();
    const suffixes = ["00000001", "00000001", "00000002"];
    const log = logIn(directory.path, { segmentSuffix: () => suffixes.shift() ?? "" });
    await log.append(recordOf(idAt(START_MS, 1)));
    const other = logIn(directory.path, { segmentSuffix: () => suffixes.shift() ?? "" });
    await expect(other.append(recordOf(idAt(START_MS, 2)))).rejects.toMatchObject({
      code: "log_unavailable",
      message: /EEXIST/,
    });
    await other.append(recordOf(idAt(START_MS, 3)));
    await Promise.all([log.close(), other.close()]);
    expect(await recordsIn(directory.path)).toEqual([recordOf(idAt(START_MS, 1)), recordOf(idAt(START_MS, 3))]);
  });

  it("refuses at once when the queue is full, and writes what it had accepted", async () => {
    using directory = new TestDirectory();
    const gate = Promise.withResolvers<void>();
    const log = logIn(directory.path, {
      queueBytesMax: 1_000,
      createFile: async (path, durability) => {
        await gate.promise;
        return createSegmentFile(path, durability);
      },
    });
    const accepted = log.append(recordOf(idAt(START_MS, 1), 800));
    await expect(log.append(recordOf(idAt(START_MS, 2), 200))).rejects.toMatchObject({ code: "log_unavailable" });
    gate.resolve();
    await accepted;
    await log.append(recordOf(idAt(START_MS, 3), 200));
    await log.close();
    expect(await recordsIn(directory.path)).toEqual([
      recordOf(idAt(START_MS, 1), 800),
      recordOf(idAt(START_MS, 3), 200),
    ]);
  });

  it("writes everything that waits when it is closed, and then refuses", async () => {
    using directory = new TestDirectory();
    const log = logIn(directory.path, { durability: "power" });
    const acknowledged = Promise.all(lines(1_000).map((line) => log.append(line)));
    await log.close();
    // No promise of an append was awaited yet: what is on the disk is there because close waited.
    expect(readFileSync(join(directory.path, "decisions-20261121T200000123Z-00000001.ndjson"), "utf8")).toBe(
      `${lines(1_000).join("\n")}\n`,
    );
    await acknowledged;
    await expect(log.append("{}")).rejects.toMatchObject({ code: "log_unavailable" });
    await log.close();
  });

  it("takes one line per append", () => {
    using directory = new TestDirectory();
    expect(() => logIn(directory.path).append("{}\n{}")).toThrow(/invariant/);
  });

  it("finds what it acknowledged", async () => {
    using directory = new TestDirectory();
    const log = logIn(directory.path);
    await Promise.all(lines(100).map((line) => log.append(line)));
    expect(await log.find(idAt(START_MS, 42))).toBe(recordOf(idAt(START_MS, 42), 100));
    expect(await log.find(idAt(START_MS, 100))).toBeNull();
    await log.close();
  });
});

describe("durability", () => {
  it("power: acknowledges only after the system's fdatasync of the written group returned", async () => {
    using directory = new TestDirectory();
    const events: string[] = [];
    await using anyFile = await open(directory.path);
    const fileHandle = Object.getPrototypeOf(anyFile);
    for (const call of ["write", "datasync", "sync"] as const) recordReturns(events, fileHandle, call);
    const log = logIn(directory.path, { durability: "power" });
    for (const line of lines(2)) {
      await log.append(line);
      events.push("acknowledged");
    }
    await log.close();
    vi.restoreAllMocks();
    expect(events).toEqual([
      "sync returned",
      ...Array.from({ length: 2 }, () => ["write returned", "datasync returned", "acknowledged"]).flat(),
    ]);
  });

  it("process: acknowledges after the write, without waiting for the disk", async () => {
    using directory = new TestDirectory();
    const events: string[] = [];
    await using anyFile = await open(directory.path);
    const fileHandle = Object.getPrototypeOf(anyFile);
    for (const call of ["write", "datasync", "sync"] as const) recordReturns(events, fileHandle, call);
    const log = logIn(directory.path);
    await log.append("{}");
    events.push("acknowledged");
    await log.close();
    vi.restoreAllMocks();
    expect(events).toEqual(["write returned", "acknowledged"]);
  });
});

/** Notes when the real call returned; the call itself is made unchanged. */
function recordReturns(
  events: string[],
  fileHandle: Record<string, (...args: unknown[]) => Promise<unknown>>,
  call: string,
): void {
  const real = fileHandle[call];
  if (real === undefined) throw new Error(`FileHandle has no ${call}`);
  vi.spyOn(fileHandle, call).mockImplementation(async function (this: unknown, ...args: unknown[]) {
    const result = await real.apply(this, args);
    events.push(`${call} returned`);
    return result;
  });
}
