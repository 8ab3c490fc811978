import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLiveSegments } from "../../../src/adapters/file/live-segments.ts";
import { LogFollower } from "../../../src/adapters/file/log-follower.ts";
import { TestDirectory } from "../../support/decision-log-files.ts";
import { LogSegments, segmentName } from "../../support/log-segments.ts";

const open = (data: TestDirectory) =>
  openLiveSegments({ kind: "decisions", directory: join(data.path, "decisions"), notesDirectory: data.path });

/** A segment of one record, as its writer tells of it. */
function write(live: Awaited<ReturnType<typeof open>>, segments: LogSegments, hour: number): void {
  live.opened(segments.path(hour));
  segments.append(hour, [hour]);
  live.wrote(1_000);
}

test("segments that were begun while the clock was set back come in the order in which they were begun", async () => {
  using data = new TestDirectory();
  const segments = new LogSegments(data.path);
  segments.append(12, [12]);
  const live = await open(data);
  for (const hour of [9, 8, 10, 13, 11, 14]) write(live, segments, hour);
  const inOrder = [12, 9, 8, 10, 13, 11, 14];
  for (const known of [live, await open(data)]) {
    const follower = new LogFollower({ kind: "decisions", directory: segments.directory, live: known });
    const read: number[] = [];
    let { records, end, hasMore } = await follower.read(null, 1);
    while (hasMore) {
      read.push(...records.map(({ line }) => Number(JSON.parse(line).number)));
      ({ records, end, hasMore } = await follower.read(end, 1));
    }
    expect(read).toEqual(inOrder);
    // What is deleted by its name's time may be needed out of its order.
    const needed = [12, 9, 8, 11].map((hour) => follower.neededSinceMs({ segment: segmentName(hour), offsetBytes: 0 }));
    expect(needed).toEqual([8, 8, 8, 11].map((hour) => Date.UTC(2026, 10, 21, hour)));
  }
});

test("a restart goes on counting them, and a torn note is of a segment that was never written", async () => {
  using data = new TestDirectory();
  const segments = new LogSegments(data.path);
  segments.append(12, [12]);
  write(await open(data), segments, 9);
  appendFileSync(join(data.path, "decisions-late.ndjson"), '{"name":"decisions-2026');
  const live = await open(data);
  write(live, segments, 8);
  expect([live.compare(segmentName(12), segmentName(9)), live.compare(segmentName(9), segmentName(8))]).toEqual([
    -1, -1,
  ]);
  const again = await open(data);
  expect([again.compare(segmentName(8), segmentName(13)), again.compare(segmentName(8), segmentName(8))]).toEqual([
    -1, 0,
  ]);
});

test("what was acknowledged is known of segments of this process alone", async () => {
  using data = new TestDirectory();
  const segments = new LogSegments(data.path);
  const live = await open(data);
  live.opened(segments.path(8));
  live.wrote(70);
  live.wrote(30);
  live.opened(segments.path(9));
  expect([8, 9, 10].map((hour) => live.acknowledged(segmentName(hour)))).toEqual([100, 0, undefined]);
});

test("a segment that should be noted and cannot be is not begun", async () => {
  using data = new TestDirectory();
  const segments = new LogSegments(data.path);
  segments.append(12, [12]);
  const notesDirectory = join(data.path, "notes");
  const live = await openLiveSegments({ kind: "decisions", directory: segments.directory, notesDirectory });
  rmSync(notesDirectory, { recursive: true });
  expect(() => live.opened(segments.path(9))).toThrow("ENOENT");
});
