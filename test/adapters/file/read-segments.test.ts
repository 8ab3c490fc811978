import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type LogEntry,
  readBlocks,
  type ReadProgress,
  readSegments,
} from "../../../src/adapters/file/read-segments.ts";
import { sealSegment } from "../../../src/adapters/file/seal-segment.ts";
import { idAt, recordOf, START_MS, TestDirectory } from "../../support/decision-log-files.ts";

async function entriesOf(paths: readonly string[]): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of readSegments(paths)) entries.push(entry);
  return entries;
}

function file(directory: string, name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe("reading segments", () => {
  it("gives every line with its file, number, text and record, in the order of the files", async () => {
    using directory = new TestDirectory();
    const a = file(directory.path, "a", '{"n":1}\n{"n":2}\n');
    const b = file(directory.path, "b", '{"n":"Zoë"}\n');
    expect(await entriesOf([b, a])).toEqual([
      { kind: "record", path: b, line: 1, text: '{"n":"Zoë"}', record: { n: "Zoë" } },
      { kind: "record", path: a, line: 1, text: '{"n":1}', record: { n: 1 } },
      { kind: "record", path: a, line: 2, text: '{"n":2}', record: { n: 2 } },
    ]);
  });

  it("reports a torn last line of any file and goes on with the next file", async () => {
    using directory = new TestDirectory();
    const a = file(directory.path, "a", '{"n":1}\n{"n":');
    const b = file(directory.path, "b", '{"n":2}\n');
    expect(await entriesOf([a, b])).toMatchObject([
      { kind: "record" },
      { kind: "torn", path: a, line: 2, bytes: 5 },
      { kind: "record", path: b, line: 1 },
    ]);
  });

  it.each([
    { damage: "half a record", bytes: '{"n":2' },
    { damage: "a record without its start", bytes: '":2}' },
    { damage: "an empty line", bytes: "" },
    { damage: "zeros", bytes: "\0\0\0\0" },
    { damage: "a JSON array", bytes: "[1]" },
    { damage: "null", bytes: "null" },
    { damage: "invalid UTF-8", bytes: Buffer.from('{"n":"\xff"}', "latin1") },
  ])("reports $damage in the middle with file and line, and reads on", async ({ bytes }) => {
    using directory = new TestDirectory();
    const path = file(
      directory.path,
      "a",
      Buffer.concat([Buffer.from('{"n":1}\n'), Buffer.from(bytes), Buffer.from('\n{"n":3}\n')]),
    );
    expect(await entriesOf([path])).toMatchObject([
      { kind: "record", line: 1 },
      { kind: "corrupt", path, line: 2, rule: expect.any(String) },
      { kind: "record", line: 3 },
    ]);
  });

  it("reads lines longer than a chunk, multi-byte characters over borders, and empty files", async () => {
    using directory = new TestDirectory();
    const texts = Array.from({ length: 60 }, (_, i) =>
      JSON.stringify({ i, filler: "é🦊".repeat((i * 7_001) % 130_000) }),
    );
    const empty = file(directory.path, "empty", "");
    const full = file(directory.path, "full", texts.map((text) => `${text}\n`).join(""));
    const entries = await entriesOf([empty, full]);
    expect(entries.map((entry) => (entry.kind === "record" ? entry.text : entry.kind))).toEqual(texts);
  });

  it("tells its progress in bytes, up to all of them", async () => {
    using directory = new TestDirectory();
    const record = `${recordOf(idAt(START_MS), 999)}\n`;
    const a = file(directory.path, "a", record.repeat(4_000));
    const b = file(directory.path, "b", '{"torn');
    const seen: ReadProgress[] = [];
    let records = 0;
    for await (const entry of readSegments([a, b], (progress) => seen.push(progress)))
      if (entry.kind === "record") records++;
    const bytesTotal = record.length * 4_000 + 6;
    expect(records).toBe(4_000);
    expect(seen.at(-1)).toEqual({ path: b, bytesRead: bytesTotal, bytesTotal });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.map((progress) => progress.bytesRead)).toEqual(
      seen.map((progress) => progress.bytesRead).toSorted((x, y) => x - y),
    );
  });

  it("reads a compressed segment as the plain one, follows a plain one that was compressed, and tells its progress", async () => {
    using directory = new TestDirectory();
    const texts = Array.from({ length: 3_000 }, (_, i) => JSON.stringify({ i, filler: "é🦊".repeat(i % 500) }));
    const path = file(directory.path, "a.ndjson", texts.map((text) => `${text}\n`).join(""));
    await sealSegment(path);
    rmSync(path);
    for (const name of [path, `${path}.zst`]) {
      const seen: ReadProgress[] = [];
      const read: string[] = [];
      for await (const entry of readSegments([name], (progress) => seen.push(progress)))
        if (entry.kind === "record") read.push(entry.text);
      expect(read).toEqual(texts);
      const bytesTotal = statSync(`${path}.zst`).size;
      expect(seen.at(-1)).toEqual({ path: name, bytesRead: bytesTotal, bytesTotal });
    }
  });

  it("reports a damaged compressed segment after its lines, and goes on with the next file", async () => {
    using directory = new TestDirectory();
    const path = file(directory.path, "a.ndjson", '{"n":1}\n');
    await sealSegment(path);
    const sealed = readFileSync(`${path}.zst`);
    const broken = file(directory.path, "b.ndjson.zst", sealed.subarray(0, sealed.length - 1));
    expect(await entriesOf([broken, path])).toMatchObject([
      { kind: "record", path: broken, line: 1 },
      { kind: "corrupt", path: broken, line: 2, rule: expect.stringContaining("one whole zstd frame") },
      { kind: "record", path, line: 1 },
    ]);
  });

  it("holds blocks, not segments, in memory", async () => {
    using directory = new TestDirectory();
    const line = `${JSON.stringify({ filler: "x".repeat(1_000) })}\n`;
    const path = file(directory.path, "a.ndjson", line.repeat(30_000));
    await sealSegment(path);
    let largest = 0;
    for await (const { bytes } of readBlocks(`${path}.zst`)) largest = Math.max(largest, bytes.length);
    expect(largest).toBeLessThan(1024 * 1024);
  });

  it("throws what the system says of a file that is not there", async () => {
    await expect(entriesOf(["/nowhere/decisions.ndjson"])).rejects.toMatchObject({ code: "ENOENT" });
  });
});
