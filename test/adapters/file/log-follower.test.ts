import { readFileSync, renameSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openLiveSegments } from "../../../src/adapters/file/live-segments.ts";
import { LogFollower } from "../../../src/adapters/file/log-follower.ts";
import type { LogPlace, LogStretch } from "../../../src/core/shipping-ports.ts";
import { TestDirectory } from "../../support/decision-log-files.ts";
import { LogSegments, numberedRecord, numbers, segmentName } from "../../support/log-segments.ts";

const BYTES = 256 * 1024;

async function follow(data: TestDirectory, kind: "decisions" | "outcomes" = "decisions") {
  const segments = new LogSegments(data.path, kind);
  const live = await openLiveSegments({ kind, directory: segments.directory, notesDirectory: data.path });
  return { segments, live, follower: new LogFollower({ kind, directory: segments.directory, live }) };
}

/** Everything from the place on, stretch by stretch. */
async function readAll(follower: LogFollower, from: LogPlace | null = null, bytesMax = BYTES) {
  const stretches: LogStretch[] = [];
  let place = from;
  for (;;) {
    const stretch = await follower.read(place, bytesMax);
    stretches.push(stretch);
    place = stretch.end;
    if (!stretch.hasMore) break;
  }
  return {
    numbers: stretches.flatMap(({ records }) => records.map(numberOf)),
    skipped: stretches.flatMap(({ skipped }) => skipped),
    end: place,
    stretches,
  };
}

function numberOf({ line }: { readonly line: string }): number {
  return Number(JSON.parse(line).number);
}

describe("following a log", () => {
  test("an absent folder is an empty log", async () => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data);
    rmSync(segments.directory, { recursive: true });
    expect(await follower.read(null, BYTES)).toEqual({
      records: [],
      skipped: [],
      end: null,
      startMs: null,
      hasMore: false,
    });
    expect([await follower.bytesAfter(null), follower.neededSinceMs(null)]).toEqual([0, 0]);
  });

  test("reads every record as it is, in order, over segments and whatever the stretches", async () => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data);
    segments.append(8, numbers(1, 5));
    segments.append(9, []);
    segments.append(10, numbers(6, 9));
    for (const bytesMax of [1, 100, 300, BYTES]) {
      expect((await readAll(follower, null, bytesMax)).numbers).toEqual(numbers(1, 9));
    }
    const { records, startMs } = await follower.read(null, 1);
    expect(startMs).toBe(Date.UTC(2026, 10, 21, 8, 0, 1));
    expect(records).toEqual([
      {
        kind: "decisions",
        id: "019aa8e1-7d2c-7b0e-9d5c-000000000001",
        decisionId: "019aa8e1-7d2c-7b0e-9d5c-000000000001",
        schema: "liftgate.decision.v1",
        line: numberedRecord(1),
      },
    ]);
  });

  test("outcomes have an id of their own beside their decision's", async () => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data, "outcomes");
    segments.append(8, [1]);
    const { records } = await follower.read(null, BYTES);
    expect(records).toMatchObject([
      { kind: "outcomes", id: "o1", decisionId: "019aa8e1-7d2c-7b0e-9d5c-000000000001", schema: "liftgate.outcome.v1" },
    ]);
  });

  test("goes on from a place, and sees what is appended and begun later", async () => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data);
    segments.append(8, numbers(1, 2));
    const { end } = await readAll(follower);
    expect(await follower.bytesAfter(end)).toBe(0);
    segments.append(8, [3]);
    segments.append(9, [4]);
    expect(await follower.bytesAfter(end)).toBe(2 * (numberedRecord(3).length + 1));
    expect((await readAll(follower, end)).numbers).toEqual([3, 4]);
  });

  test("a torn end is left while its segment may be written, and passed over once there is a next one", async () => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data);
    segments.append(8, [1]);
    const offsetBytes = numberedRecord(1).length + 1;
    segments.appendText(8, numberedRecord(2).slice(0, 40));
    const first = await readAll(follower);
    expect([first.numbers, first.skipped]).toEqual([[1], []]);
    segments.append(9, [3]);
    const then = await readAll(follower, first.end);
    expect([then.numbers, then.skipped]).toEqual([
      [3],
      [{ reason: "torn", place: { segment: segmentName(8), offsetBytes }, bytes: 40 }],
    ]);
  });

  test.each([
    ["not JSON", "{"],
    ["no object", "[1]"],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["without an id", '{"schema":"liftgate.decision.v1"}'],
    ["an empty line", ""],
  ])("a line that is %s is told with its place, and the lines around it are read", async (_, text) => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data);
    segments.append(8, [1]);
    segments.appendText(8, Buffer.concat([Buffer.from(text), Buffer.from("\n")]));
    segments.append(8, [2]);
    const read = await readAll(follower);
    const place = { segment: segmentName(8), offsetBytes: numberedRecord(1).length + 1 };
    expect([read.numbers, read.skipped]).toEqual([[1, 2], [{ reason: "corrupt", place, bytes: text.length }]]);
  });

  test("a compressed segment is the same as it was plain, from any place in it", async () => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data);
    segments.append(8, numbers(1, 3));
    segments.append(9, numbers(4, 7_000));
    segments.append(10, [7_001]);
    const read = await readAll(follower);
    segments.compress(9, readFileSync(segments.path(9)));
    let shipped = 0;
    for (const { records, end } of read.stretches) {
      shipped += records.length;
      expect((await readAll(follower, end)).numbers).toEqual(numbers(shipped + 1, 7_001));
    }
    expect((await readAll(follower)).numbers).toEqual(numbers(1, 7_001));
    expect(read.stretches.length).toBeGreaterThan(4);
  });

  test("of a segment's plain and compressed file one counts, and one put aside as damaged is read", async () => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data);
    segments.append(8, numbers(1, 3));
    const text = readFileSync(segments.path(8));
    segments.compress(8, text);
    segments.appendText(8, text);
    segments.append(9, [4]);
    expect((await readAll(follower)).numbers).toEqual([1, 2, 3, 4]);
    renameSync(segments.path(8), `${segments.path(8)}.damaged`);
    rmSync(`${segments.path(8)}.zst`);
    expect((await readAll(follower)).numbers).toEqual([1, 2, 3, 4]);
  });

  test("a segment that is gone is told, and reading goes on with the next", async () => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data);
    segments.append(8, numbers(1, 2));
    const { end } = await readAll(follower);
    rmSync(segments.path(8));
    expect((await readAll(follower, end)).skipped).toEqual([]);
    segments.append(9, [3]);
    const read = await readAll(follower, end);
    expect([read.numbers, read.skipped]).toEqual([[3], [{ reason: "missing", place: end, bytes: 0 }]]);
  });

  test("of a segment this process writes, only what was acknowledged is read", async () => {
    using data = new TestDirectory();
    const { segments, live, follower } = await follow(data);
    live.opened(segments.path(8));
    segments.append(8, numbers(1, 2));
    live.wrote(numberedRecord(1).length + 1);
    const first = await readAll(follower);
    expect(first.numbers).toEqual([1]);
    live.wrote(numberedRecord(2).length + 1);
    expect((await readAll(follower, first.end)).numbers).toEqual([2]);
  });

  test("what was refused and could not be cut off is passed over as torn", async () => {
    using data = new TestDirectory();
    const { segments, live, follower } = await follow(data);
    live.opened(segments.path(8));
    segments.append(8, numbers(1, 2));
    live.wrote(numberedRecord(1).length + 1);
    live.opened(segments.path(9));
    segments.append(9, [3]);
    live.wrote(numberedRecord(3).length + 1);
    const read = await readAll(follower);
    expect(read.numbers).toEqual([1, 3]);
    expect(read.skipped).toMatchObject([{ reason: "torn", bytes: numberedRecord(2).length + 1 }]);
  });

  test("the segments from a place on are needed, that of the place included", async () => {
    using data = new TestDirectory();
    const { segments, follower } = await follow(data);
    for (const hour of [8, 9, 10]) segments.append(hour, [hour]);
    expect(follower.neededSinceMs(null)).toBe(0);
    expect(follower.neededSinceMs({ segment: segmentName(9), offsetBytes: 7 })).toBe(Date.UTC(2026, 10, 21, 9));
    expect(follower.neededSinceMs({ segment: "renamed", offsetBytes: 7 })).toBe(0);
  });

  test("a folder that cannot be read is trouble with a code", async () => {
    using data = new TestDirectory();
    const { live } = await follow(data);
    const notAFolder = new LogFollower({ kind: "decisions", directory: import.meta.filename, live });
    const code = "log_unavailable";
    await expect(notAFolder.read(null, BYTES)).rejects.toMatchObject({ code });
    await expect(notAFolder.bytesAfter(null)).rejects.toMatchObject({ code });
  });
});
