import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openFilePacingBoard } from "../../../src/adapters/file/pacing-board.ts";
import { ACCOUNT, describePacingBoard } from "../../contracts/pacing-board.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";

describePacingBoard("the embedded one", async () => {
  const board = await openFilePacingBoard(await temporaryFolder(), Date.now);
  return [board, board];
});

const prices = { name: "prices", rank: 7, body: "{}" };

test("a restart begins with what the last document was published with", async () => {
  const folder = await temporaryFolder();
  const before = await openFilePacingBoard(folder, Date.now);
  await before.add(ACCOUNT, { arrivals: 2 });
  await before.publish(ACCOUNT, prices);
  await before.close();
  const after = await openFilePacingBoard(folder, Date.now);
  expect(await after.read(ACCOUNT, "prices")).toEqual(prices);
  expect(await after.add(ACCOUNT, { arrivals: 1 })).toEqual({ arrivals: 3 });
});

test("a board that nobody touched for longer than a month is gone", async () => {
  const folder = await temporaryFolder();
  const board = await openFilePacingBoard(folder, Date.now);
  await board.publish(ACCOUNT, prices);
  const [file = ""] = await readdir(folder);
  await utimes(join(folder, file), 0, 0);
  const later = await openFilePacingBoard(folder, Date.now);
  expect(await later.read(ACCOUNT, "prices")).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});

test.each(["{", "[]", '{"sums":{"a":"x"},"documents":{}}', '{"sums":{},"documents":{"prices":1}}'])(
  "a damaged file (%s) is named, with what to do",
  async (text) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "spring~2026-11.json"), text);
    await expect(openFilePacingBoard(folder, Date.now)).rejects.toThrow(/spring~2026-11\.json is damaged: delete it/);
  },
);

test("a folder that cannot be written is an outage of the ledger, and the next document is written again", async () => {
  const folder = await temporaryFolder();
  const board = await openFilePacingBoard(join(folder, "pacing"), Date.now);
  const { rm, mkdir } = await import("node:fs/promises");
  await rm(join(folder, "pacing"), { recursive: true });
  await expect(board.publish(ACCOUNT, prices)).rejects.toMatchObject({ code: "ledger_unavailable" });
  await mkdir(join(folder, "pacing"));
  await board.publish(ACCOUNT, { ...prices, rank: 8 });
  expect(await readdir(join(folder, "pacing"))).toHaveLength(1);
});
