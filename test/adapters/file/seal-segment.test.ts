import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recoverLog } from "../../../src/adapters/file/cut-torn-tail.ts";
import { readBlocks } from "../../../src/adapters/file/read-segments.ts";
import { sealInWorker } from "../../../src/adapters/file/seal-in-worker.ts";
import { sealSegment } from "../../../src/adapters/file/seal-segment.ts";
import { listSegments, segmentFileName } from "../../../src/adapters/file/segment-name.ts";
import { idAt, recordOf, recordsIn, START_MS, TestDirectory } from "../../support/decision-log-files.ts";

const CHILD = fileURLToPath(new URL("../../support/seal-until-killed.ts", import.meta.url));
const SEED = 20261127;
const linesOf = (count: number) => Array.from({ length: count }, (_, i) => recordOf(idAt(START_MS, i), i % 1_000));

function segment(directory: TestDirectory, lines: readonly string[]): string {
  const path = join(directory.path, segmentFileName("decisions", START_MS, "0badcafe"));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}

describe("sealing a segment", () => {
  it("makes a copy that reads back to the same bytes, and leaves the original until the copy is confirmed", async () => {
    using directory = new TestDirectory();
    const lines = linesOf(2_000);
    const path = segment(directory, lines);
    const bytes = readFileSync(path);
    expect(await sealSegment(path)).toMatchObject({ kind: "copied", bytes: bytes.length });
    expect(zstdDecompressSync(readFileSync(`${path}.zst`)).equals(bytes)).toBe(true);
    expect(await recordsIn(directory.path)).toEqual(lines);
    expect(await sealSegment(path)).toEqual({ kind: "confirmed" });
    rmSync(path);
    expect(await recordsIn(directory.path)).toEqual(lines);
    expect(readdirSync(directory.path)).toEqual([`${segmentFileName("decisions", START_MS, "0badcafe")}.zst`]);
  });

  it("does not seal damage in: the line is named and there is no copy", async () => {
    using directory = new TestDirectory();
    const path = segment(directory, ["{}", '{"half', "{}"]);
    expect(await sealSegment(path)).toEqual({ kind: "damaged", line: 2, rule: "a record is one JSON object" });
    expect(existsSync(`${path}.zst`)).toBe(false);
  });

  it("keeps both where the copy is not one, whoever made it", async () => {
    using directory = new TestDirectory();
    const path = segment(directory, linesOf(10));
    await sealSegment(path);
    writeFileSync(path, `${linesOf(9).join("\n")}\n`);
    await expect(sealSegment(path)).rejects.toThrow(`${path}.zst is not a copy of ${path}`);
    writeFileSync(`${path}.zst`, readFileSync(`${path}.zst`).subarray(0, 100));
    await expect(sealSegment(path)).rejects.toThrow("one whole zstd frame");
    expect(await recordsIn(directory.path)).toEqual(linesOf(9));
  });

  it("works in a thread of its own, which tells why it failed and can be called off", async () => {
    using directory = new TestDirectory();
    const path = segment(directory, linesOf(10));
    const { signal } = new AbortController();
    expect(await sealInWorker(path, signal)).toMatchObject({ kind: "copied" });
    await expect(sealInWorker(`${path}-not-there`, signal)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(sealInWorker(path, AbortSignal.abort())).rejects.toThrow("aborted");
  });
});

describe("a sealed segment", () => {
  it("tells of any bit that flips in it, of any end that is missing, and of anything behind it", async () => {
    using directory = new TestDirectory();
    const path = segment(directory, linesOf(200));
    await sealSegment(path);
    const original = readFileSync(path);
    renameSync(path, join(directory.path, "original"));
    const sealed = readFileSync(`${path}.zst`);
    const flips = fc
      .tuple(fc.nat({ max: sealed.length - 1 }), fc.nat({ max: 7 }))
      .map(([at, bit]) => sealed.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)));
    const ends = fc.nat({ max: sealed.length - 1 }).map((length) => sealed.subarray(0, length));
    const additions = fc.uint8Array({ minLength: 1, maxLength: 9 }).map((more) => Buffer.concat([sealed, more]));
    const readsAs = async (damaged: Uint8Array) => {
      writeFileSync(`${path}.zst`, damaged);
      return await contentOf(`${path}.zst`);
    };
    await fc.assert(
      fc.asyncProperty(fc.oneof(ends, additions), async (damaged) => {
        await expect(readsAs(damaged)).rejects.toMatchObject({ code: "DAMAGED" });
      }),
      { seed: SEED, numRuns: 100 },
    );
    let told = 0;
    await fc.assert(
      fc.asyncProperty(flips, async (damaged) => {
        const content = await readsAs(damaged).catch((cause: unknown) => {
          expect(cause).toMatchObject({ code: "DAMAGED" });
          told++;
          return original;
        });
        // A few bits of the header mean nothing: then nothing is lost.
        expect(original.equals(content)).toBe(true);
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(told).toBeGreaterThan(450);
  });
});

describe("kill -9 while segments are compressed and deleted", () => {
  it("leaves every line readable once, over many kills", async () => {
    using directory = new TestDirectory();
    const expected: string[] = [];
    for (const [round, delayMs] of fc.sample(fc.integer({ min: 0, max: 120 }), { seed: SEED, numRuns: 8 }).entries()) {
      for (let i = 0; i < 4; i++) {
        const lines = Array.from({ length: 1_500 }, (_, n) =>
          recordOf(idAt(START_MS, (round * 4 + i) * 10_000 + n), 500),
        );
        const path = join(directory.path, segmentFileName("decisions", START_MS + round * 4 + i, "0badcafe"));
        writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
        expected.push(...lines);
      }
      await sealUntilKilled(directory.path, delayMs);
      expect(await recordsIn(directory.path)).toEqual(expected);
      await recoverLog(directory.path, "decisions");
      expect(await recordsIn(directory.path)).toEqual(expected);
    }
    // What the last kill left half done is gone on with.
    for (const { path, form } of await listSegments(directory.path, "decisions")) {
      if (form === "plain") expect((await sealSegment(path)).kind).toMatch(/copied|confirmed/);
    }
    expect(await recordsIn(directory.path)).toEqual(expected);
  });
});

async function contentOf(path: string): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const { bytes } of readBlocks(path)) blocks.push(Buffer.from(bytes));
  return Buffer.concat(blocks);
}

/** Kills the child by its id, some time after it began. */
async function sealUntilKilled(directory: string, delayMs: number): Promise<void> {
  const child = spawn(execPath, [CHILD, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  await once(child.stdout, "data");
  const timer = setTimeout(() => child.kill("SIGKILL"), delayMs);
  await closed;
  clearTimeout(timer);
}
