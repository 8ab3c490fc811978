import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutTornTail, recoverLog } from "../../../src/adapters/file/cut-torn-tail.ts";
import { listSegments, segmentFileName } from "../../../src/adapters/file/segment-name.ts";
import { idAt, recordOf, recordsIn, START_MS, TestDirectory } from "../../support/decision-log-files.ts";

const SEED = 20261127;
const RECORD = `${recordOf(idAt(START_MS, 1))}\n`;

/** A plain segment with these bytes. */
function segment(directory: TestDirectory, content: string | Uint8Array, suffix = "0badcafe"): string {
  const path = join(directory.path, segmentFileName("decisions", START_MS, suffix));
  writeFileSync(path, content);
  return path;
}

describe("a torn tail", () => {
  it("is cut off wherever the writer died, and kept beside", async () => {
    const written = Buffer.from(RECORD.repeat(3));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: written.length }),
        fc.uint8Array({ maxLength: 200_000 }),
        async (cut, rest) => {
          using directory = new TestDirectory();
          const tail = Buffer.from(rest).map((byte) => (byte === 0x0a ? 0 : byte));
          const content = Buffer.concat([written.subarray(0, cut), tail]);
          const path = segment(directory, content);
          const wholeBytes = content.lastIndexOf(0x0a) + 1;
          expect(await cutTornTail(path)).toEqual({ wholeBytes, tornBytes: content.length - wholeBytes });
          expect(existsSync(path) ? readFileSync(path) : Buffer.alloc(0)).toEqual(content.subarray(0, wholeBytes));
          const kept = `${path}.torn`;
          expect(existsSync(kept) ? readFileSync(kept) : Buffer.alloc(0)).toEqual(content.subarray(wholeBytes));
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  });

  it("is cut once more after a crash between keeping and cutting it", async () => {
    using directory = new TestDirectory();
    const path = segment(directory, `${RECORD}{"torn`);
    writeFileSync(`${path}.torn`, '{"to');
    await cutTornTail(path);
    expect([readFileSync(path, "utf8"), readFileSync(`${path}.torn`, "utf8")]).toEqual([RECORD, '{"torn']);
  });
});

describe("recovering a log", () => {
  it("ends every plain segment with a whole line, removes what was not finished, and touches nothing else", async () => {
    using directory = new TestDirectory();
    const torn = segment(directory, `${RECORD}{"torn`, "00000001");
    const whole = segment(directory, RECORD, "00000002");
    const empty = segment(directory, "", "00000003");
    const other = join(directory.path, segmentFileName("outcomes", START_MS, "00000004"));
    writeFileSync(other, '{"torn');
    writeFileSync(`${whole}.zst.part`, "half a copy");
    expect(await recoverLog(directory.path, "decisions")).toEqual([{ path: torn, bytes: 6 }]);
    expect((await listSegments(directory.path, "decisions")).map(({ path }) => path)).toEqual([torn, whole]);
    expect([existsSync(empty), existsSync(`${whole}.zst.part`), readFileSync(other, "utf8")]).toEqual([
      false,
      false,
      '{"torn',
    ]);
    expect(await recordsIn(directory.path)).toEqual([RECORD.trimEnd(), RECORD.trimEnd()]);
    expect(await recoverLog(directory.path, "decisions")).toEqual([]);
  });

  it("finds nothing to do where there is no log yet", async () => {
    using directory = new TestDirectory();
    expect(await recoverLog(join(directory.path, "decisions"), "decisions")).toEqual([]);
  });
});
