import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listSegments, segmentFileName } from "../../../src/adapters/file/segment.ts";
import { START_MS, TestDirectory } from "../../support/decision-log-files.ts";

describe("segment names", () => {
  it("hold the start to the millisecond in UTC and the suffix", () => {
    expect(segmentFileName(Date.UTC(2026, 10, 21, 20, 0, 0, 123), "0badcafe")).toBe(
      "decisions-20261121T200000123Z-0badcafe.ndjson",
    );
  });

  it("sort by time and read back as that time", async () => {
    using directory = new TestDirectory();
    const starts = [START_MS + 31_536_000_000, START_MS, START_MS + 1, 0, START_MS + 86_400_000];
    for (const startMs of starts) writeFileSync(join(directory.path, segmentFileName(startMs, "0badcafe")), "");
    expect((await listSegments(directory.path)).map((segment) => segment.startMs)).toEqual(
      starts.toSorted((a, b) => a - b),
    );
  });

  it("leave other files out", async () => {
    using directory = new TestDirectory();
    mkdirSync(join(directory.path, "archive"));
    for (const name of [
      "notes.txt",
      "decisions-20261121T200000123Z-0badcafe.ndjson.gz",
      "decisions-20261399T990000123Z-0badcafe.ndjson",
    ]) {
      writeFileSync(join(directory.path, name), "");
    }
    expect(await listSegments(directory.path)).toEqual([]);
  });
});
