import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findRecord } from "../../../src/adapters/file/find-record.ts";
import { sealSegment } from "../../../src/adapters/file/seal-segment.ts";
import { segmentFileName } from "../../../src/adapters/file/segment-name.ts";
import { idAt, logIn, recordOf, START_MS, TestDirectory } from "../../support/decision-log-files.ts";

const HOUR_MS = 3_600_000;

/** Writes a segment that starts `afterMs` after the start, with this content. */
function segment(directory: string, afterMs: number, content: string): string {
  const path = join(directory, segmentFileName("decisions", START_MS + afterMs, "0badcafe"));
  writeFileSync(path, content);
  return path;
}

describe("finding a record", () => {
  it("finds every record across many segments and hours, as written by the log", async () => {
    using directory = new TestDirectory();
    let nowMs = START_MS;
    const log = logIn(directory.path, { clock: () => nowMs, segmentBytesMax: 2_000 });
    const ids: string[] = [];
    for (let i = 0; i < 300; i++) {
      nowMs += (i * 7_919) % 90_000;
      ids.push(idAt(nowMs, i));
      await log.append(recordOf(ids[i] ?? "", i));
    }
    await log.close();
    for (const [i, id] of ids.entries()) expect(await findRecord(directory.path, id)).toBe(recordOf(id, i));
  });

  it("finds records on every side of the borders between the chunks that are read", async () => {
    using directory = new TestDirectory();
    const ids = Array.from({ length: 900 }, (_, i) => idAt(START_MS, i));
    const sizes = ids.map((_, i) => (i === 450 ? 700_000 : (i * 613) % 2_003));
    segment(directory.path, 0, ids.map((id, i) => `${recordOf(id, sizes[i])}\n`).join(""));
    for (const [i, id] of ids.entries()) expect(await findRecord(directory.path, id)).toBe(recordOf(id, sizes[i]));
  });

  it("finds records of a large segment, also those that are far from where their time says", async () => {
    using directory = new TestDirectory();
    const count = 30_000;
    const ids = Array.from({ length: count }, (_, i) => idAt(START_MS + i * 20, i));
    const strays = [idAt(START_MS + 5, 77), idAt(START_MS + count * 20 + 5, 78)];
    const lines = ids.map((id) => `${recordOf(id, 600)}\n`);
    lines.splice(count - 10, 0, `${recordOf(strays[0] ?? "", 600)}\n`);
    lines.splice(10, 0, `${recordOf(strays[1] ?? "", 600)}\n`);
    segment(directory.path, 0, lines.join(""));
    const some = [0, 1, 9, 10, 11, 4_999, 15_000, 29_989, 29_990, 29_999].map((i) => ids[i] ?? "");
    for (const id of [...some, ...strays]) expect(await findRecord(directory.path, id), id).toBe(recordOf(id, 600));
  });

  it("is not misled by records that mention the id, nor by damaged lines", async () => {
    using directory = new TestDirectory();
    const [wanted, other] = [idAt(START_MS, 1), idAt(START_MS, 2)];
    const mention = JSON.stringify({ decisionId: other, context: { decisionId: wanted, note: wanted } });
    segment(directory.path, 0, `${mention}\n{"decisionId":"${wanted}",\n"${wanted}"\n${recordOf(wanted)}\n`);
    expect(await findRecord(directory.path, wanted)).toBe(recordOf(wanted));
    expect(await findRecord(directory.path, other)).toBe(mention);
  });

  it("ignores a torn last line, even one that is valid JSON", async () => {
    using directory = new TestDirectory();
    const path = segment(directory.path, 0, recordOf(idAt(START_MS, 1)));
    expect(await findRecord(directory.path, idAt(START_MS, 1))).toBeNull();
    appendFileSync(path, "\n");
    expect(await findRecord(directory.path, idAt(START_MS, 1))).toBe(recordOf(idAt(START_MS, 1)));
  });

  it.each([
    { what: "records up to five minutes older than the segment", atMs: -300_000, found: true },
    { what: "nothing older", atMs: -300_001, found: false },
    { what: "records of its hour and five minutes more", atMs: HOUR_MS + 300_000, found: true },
    { what: "nothing later", atMs: HOUR_MS + 300_001, found: false },
  ])("reads a segment for $what", async ({ atMs, found }) => {
    using directory = new TestDirectory();
    const id = idAt(START_MS + atMs);
    segment(directory.path, 0, `${recordOf(id)}\n`);
    expect(await findRecord(directory.path, id)).toBe(found ? recordOf(id) : null);
  });

  it.each(["", "nonsense", "019a0000-0000-4000-8000-000000000000", "019A0000-0000-7000-8000-000000000000", '"'])(
    "answers null to %j, which is no decision id, without reading",
    async (id) => {
      expect(await findRecord("/proc/self/mem", id)).toBeNull();
    },
  );

  it("answers null when there is no log yet", async () => {
    using directory = new TestDirectory();
    expect(await findRecord(join(directory.path, "decisions"), idAt(START_MS))).toBeNull();
  });

  it("finds a record in a compressed segment, and says log_unavailable once that is damaged", async () => {
    using directory = new TestDirectory();
    const [id, other] = [idAt(START_MS, 1), idAt(START_MS, 2)];
    const path = segment(directory.path, 0, `${recordOf(id)}\n${recordOf(other, 100)}\n`);
    await sealSegment(path);
    rmSync(path);
    expect(await findRecord(directory.path, id)).toBe(recordOf(id));
    const sealed = readFileSync(`${path}.zst`);
    writeFileSync(`${path}.zst`, sealed.subarray(0, sealed.length - 4));
    await expect(findRecord(directory.path, id)).rejects.toMatchObject({ code: "log_unavailable" });
  });

  it("never says that a record is not there where what is damaged may have been it", async () => {
    using directory = new TestDirectory();
    const path = segment(directory.path, 0, `${recordOf(idAt(START_MS, 1))}\n{"damaged\n`);
    renameSync(path, `${path}.damaged`);
    expect(await findRecord(directory.path, idAt(START_MS, 1))).toBe(recordOf(idAt(START_MS, 1)));
    await expect(findRecord(directory.path, idAt(START_MS, 2))).rejects.toMatchObject({
      code: "log_unavailable",
      message: expect.stringContaining("damaged"),
    });
    expect(await findRecord(directory.path, idAt(START_MS - 2 * HOUR_MS))).toBeNull();
  });

  it("says log_unavailable when the log cannot be read", async () => {
    using directory = new TestDirectory();
    const path = segment(directory.path, 0, "");
    await expect(findRecord(path, idAt(START_MS))).rejects.toMatchObject({
      code: "log_unavailable",
      message: expect.stringMatching(/ENOTDIR$/),
    });
  });
});
