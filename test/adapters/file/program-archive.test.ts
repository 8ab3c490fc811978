import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProgramArchive } from "../../../src/adapters/file/program-archive.ts";
import { readProgram } from "../../../src/adapters/file/read-program.ts";
import type { ProgramText } from "../../../src/contract/program-file.ts";
import { PROGRAM_YAML, temporaryFolder } from "../../support/program-fixtures.ts";

async function textOf(yaml: string): Promise<ProgramText> {
  const path = join(await temporaryFolder(), "spring-mail.yaml");
  await writeFile(path, yaml);
  const text = await readProgram("spring-mail", path);
  if (!text.ok) throw new Error(JSON.stringify(text.faults));
  return text.value;
}

test("a kept program is found by its digest, byte for byte, whatever came after it", async () => {
  const folder = join(await temporaryFolder(), "programs");
  const archive = new ProgramArchive(folder);
  const first = await textOf(PROGRAM_YAML);
  const second = await textOf(PROGRAM_YAML.replace("version: 1", "version: 2"));
  for (const text of [first, second, first]) await archive.keep(text);

  expect((await readdir(folder)).toSorted()).toEqual([
    `spring-mail@1-${first.digest.slice(7, 19)}.yaml`,
    `spring-mail@2-${second.digest.slice(7, 19)}.yaml`,
  ]);
  for (const text of [first, second]) expect(await archive.open(text.digest)).toEqual({ ok: true, value: text });
});

test("a file that was changed in the archive is not given out, and is put right when kept again", async () => {
  const folder = await temporaryFolder();
  const archive = new ProgramArchive(folder);
  const text = await textOf(PROGRAM_YAML);
  await archive.keep(text);
  const [name = ""] = await readdir(folder);
  await writeFile(join(folder, name), PROGRAM_YAML.replace("EUR", "USD"));
  expect(await archive.open(text.digest)).toMatchObject({ ok: false });

  await archive.keep(text);
  expect(await readFile(join(folder, name), "utf8")).toBe(PROGRAM_YAML);
});

test("a digest that was never kept is a fault, also when there is no archive yet", async () => {
  const archive = new ProgramArchive(join(await temporaryFolder(), "none"));
  const digest = `sha256:${"0".repeat(64)}`;
  expect(await archive.open(digest)).toMatchObject({
    ok: false,
    faults: [{ rule: expect.stringContaining(digest) }],
  });
});
