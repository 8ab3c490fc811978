import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FilePlaceStore } from "../../../src/adapters/file/shipping-places.ts";
import { TestDirectory } from "../../support/decision-log-files.ts";

const PLACE = { segment: "decisions-20261121T080000000Z-0badcafe", offsetBytes: 4_096 };

test("a place is kept over restarts, the last one alone", async () => {
  using directory = new TestDirectory();
  const path = join(directory.path, "shipping", "redis-decisions.json");
  expect(await new FilePlaceStore(path).load()).toBeNull();
  await new FilePlaceStore(path).save({ ...PLACE, offsetBytes: 0 });
  await new FilePlaceStore(path).save(PLACE);
  expect(await new FilePlaceStore(path).load()).toEqual(PLACE);
  expect(readFileSync(path, "utf8")).toBe(`${JSON.stringify(PLACE)}\n`);
  expect(readdirSync(join(directory.path, "shipping"))).toEqual(["redis-decisions.json"]);
});

test("what a crash left of a new place is not the place", async () => {
  using directory = new TestDirectory();
  const path = join(directory.path, "redis-decisions.json");
  await new FilePlaceStore(path).save(PLACE);
  writeFileSync(`${path}.new`, '{"segment":');
  expect(await new FilePlaceStore(path).load()).toEqual(PLACE);
  await new FilePlaceStore(path).save({ ...PLACE, offsetBytes: 5_000 });
  expect((await new FilePlaceStore(path).load())?.offsetBytes).toBe(5_000);
});

test.each(["", "{", "[]", '{"segment":1,"offsetBytes":1}', '{"segment":"a","offsetBytes":1.5}', '{"segment":"a"}'])(
  "a file that says %j is damaged, and the error says which",
  async (text) => {
    using directory = new TestDirectory();
    const path = join(directory.path, "redis-decisions.json");
    writeFileSync(path, text);
    await expect(new FilePlaceStore(path).load()).rejects.toThrow(`${path} is damaged: delete it`);
  },
);

test("a place that cannot be saved is trouble with a code, and the former one stands", async () => {
  using directory = new TestDirectory();
  const path = join(directory.path, "redis-decisions.json");
  await new FilePlaceStore(path).save(PLACE);
  mkdirSync(`${path}.new`);
  const later = new FilePlaceStore(path).save({ ...PLACE, offsetBytes: 5_000 });
  await expect(later).rejects.toMatchObject({
    code: "log_unavailable",
    message: "How far the log was shipped cannot be saved: EISDIR",
  });
  expect(await new FilePlaceStore(path).load()).toEqual(PLACE);
});
