import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UnfinishedFile } from "../../../src/adapters/file/unfinished-file.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";

describe("an unfinished file", () => {
  it("takes the place of what was there once it is finished, and not before", async () => {
    const path = join(await temporaryFolder(), "out");
    await writeFile(path, "old");
    const file = new UnfinishedFile(path);
    await file.write("new ");
    await file.write("x".repeat(100_000));
    expect(await readFile(path, "utf8")).toBe("old");
    await file.finish();
    expect(await readFile(path, "utf8")).toBe(`new ${"x".repeat(100_000)}`);
  });

  it("leaves nothing when it is not finished", async () => {
    const folder = await temporaryFolder();
    {
      using file = new UnfinishedFile(join(folder, "out"));
      await file.write("half");
      expect(await readdir(folder)).toEqual(["out.unfinished"]);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("cannot be made in a folder that is not there", async () => {
    expect(() => new UnfinishedFile("/nowhere/out")).toThrow("ENOENT");
  });
});
