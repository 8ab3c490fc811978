import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSegmentFile } from "../../../src/adapters/file/segment.ts";
import { SegmentLog, type SegmentLogOptions } from "../../../src/adapters/file/segment-log.ts";
import { LogWitness, START_MS, TestDirectory } from "../../support/decision-log-files.ts";

function logOf(directory: string, overrides: Partial<SegmentLogOptions> = {}): SegmentLog {
  let segments = 0;
  return new SegmentLog({
    kind: "outcomes",
    directory,
    durability: "process",
    clock: () => START_MS,
    stopwatch: () => 0,
    segmentSuffix: () => (++segments).toString(16).padStart(8, "0"),
    observer: new LogWitness(),
    ...overrides,
  });
}

const nameOf = (segment: number) => `outcomes-20261121T200000123Z-0000000${segment}.ndjson`;

describe("a segment log of outcomes", () => {
  it("writes what a log of decisions writes, under its own name", async () => {
    using directory = new TestDirectory();
    const log = logOf(directory.path);
    await Promise.all(['{"n":1}', '{"n":2}'].map((line) => log.append(line)));
    await log.close();
    expect(readdirSync(directory.path)).toEqual([nameOf(1)]);
    expect(readFileSync(join(directory.path, nameOf(1)), "utf8")).toBe('{"n":1}\n{"n":2}\n');
    await expect(log.append("{}")).rejects.toMatchObject({
      code: "log_unavailable",
      message: "The outcome log cannot be written: it is closed",
    });
  });
});

describe("a segment is open", () => {
  it("from before it is there until it is left, full, failed or closed", async () => {
    using directory = new TestDirectory();
    const pathOf = (segment: number) => join(directory.path, nameOf(segment));
    const open = () => [1, 2, 3, 4].filter((segment) => log.isOpen(pathOf(segment)));
    const seen: (readonly number[])[] = [];
    const failures = [new Error("no"), undefined, undefined];
    const log = logOf(directory.path, {
      segmentBytesMax: 8,
      createFile: async (path, durability) => {
        seen.push(open());
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return await createSegmentFile(path, durability);
      },
    });
    await expect(log.append('{"n":1}')).rejects.toMatchObject({ code: "log_unavailable" });
    expect(open()).toEqual([]);
    await log.append('{"n":2}');
    expect(open()).toEqual([2]);
    await log.append('{"n":3}');
    expect(open()).toEqual([3]);
    // The one before is closed only once there is a next one.
    expect(seen).toEqual([[1], [2], [2, 3]]);
    await log.close();
    expect(open()).toEqual([]);
  });

  it("not any more when a write to it failed", async () => {
    using directory = new TestDirectory();
    const log = logOf(directory.path, {
      createFile: async (path, durability) => ({
        ...(await createSegmentFile(path, durability)),
        write: () => Promise.reject(new Error("EIO")),
      }),
    });
    await expect(log.append("{}")).rejects.toMatchObject({ code: "log_unavailable" });
    expect(log.isOpen(join(directory.path, nameOf(1)))).toBe(false);
  });
});
