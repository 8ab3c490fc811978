import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listSegments, segmentFileName } from "../../../src/adapters/file/segment-name.ts";
import { START_MS, TestDirectory } from "../../support/decision-log-files.ts";

describe("segment names", () => {
  it("hold the start to the millisecond in UTC and the suffix", () => {
    expect(segmentFileName("decisions", Date.UTC(2026, 10, 21, 20, 0, 0, 123), "0badcafe")).toBe(
      "decisions-20261121T200000123Z-0badcafe.ndjson",
    );
  });

  it("sort by time and read back as that time", async () => {
    using directory = new TestDirectory();
    const starts = [START_MS + 31_536_000_000, START_MS, START_MS + 1, 0, START_MS + 86_400_000];
    for (const startMs of starts)
      writeFileSync(join(directory.path, segmentFileName("decisions", startMs, "0badcafe")), "");
    expect((await listSegments(directory.path, "decisions")).map((segment) => segment.startMs)).toEqual(
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
      "decisions-20261121T200000123Z-0badcafe.ndjson.torn",
      "decisions-20261121T200000123Z-0badcafe.ndjson.zst.part",
      "outcomes-20261121T200000123Z-0badcafe.ndjson",
    ]) {
      writeFileSync(join(directory.path, name), "");
    }
    expect(await listSegments(directory.path, "decisions")).toEqual([]);
    expect(await listSegments(directory.path, "outcomes")).toHaveLength(1);
  });

  it("count a segment once, whatever forms of it are there: plain, then damaged, then compressed", async () => {
    using directory = new TestDirectory();
    const segments = [
      { at: "1", forms: [".ndjson", ".ndjson.zst"], counts: "plain" },
      { at: "2", forms: [".ndjson.zst", ".ndjson.damaged"], counts: "damaged" },
      { at: "3", forms: [".ndjson.zst", ".ndjson.zst.part"], counts: "compressed" },
      { at: "4", forms: [".ndjson", ".ndjson.torn"], counts: "plain" },
    ];
    for (const { at, forms } of segments)
      for (const form of forms)
        writeFileSync(join(directory.path, `decisions-20261121T20000000${at}Z-0badcafe${form}`), "");
    const found = await listSegments(directory.path, "decisions");
    expect(found.map(({ form }) => form)).toEqual(segments.map(({ counts }) => counts));
  });
});
