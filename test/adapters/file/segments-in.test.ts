import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { segmentsIn } from "../../../src/adapters/file/segments-in.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";

async function folderWith(...names: readonly string[]): Promise<string> {
  const folder = join(await temporaryFolder(), "log");
  await mkdir(folder);
  for (const name of names) await writeFile(join(folder, name), "");
  return folder;
}

describe("segments in paths", () => {
  it("are a folder's plain and compressed segments in the order of their names, and files as they are", async () => {
    const folder = await folderWith("b.ndjson", "a.ndjson.zst", "c.ndjson.zst.tmp", "notes.txt");
    const other = await folderWith("z.log");
    expect(await segmentsIn([folder, join(other, "z.log")])).toEqual(
      [join(folder, "a.ndjson.zst"), join(folder, "b.ndjson"), join(other, "z.log")].toSorted(),
    );
  });

  it("count a segment once that is there plain and compressed", async () => {
    const folder = await folderWith("a.ndjson", "a.ndjson.zst");
    expect(await segmentsIn([folder])).toEqual([join(folder, "a.ndjson")]);
  });

  it("that are not there are told as the file system tells it", async () => {
    await expect(segmentsIn(["/nowhere"])).rejects.toThrow("ENOENT");
  });
});
