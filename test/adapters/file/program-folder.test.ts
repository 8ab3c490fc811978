import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TemporalCalendar } from "../../../src/adapters/temporal/calendar.ts";
import { compileRule } from "../../../src/adapters/cel/compile-rule.ts";
import { ProgramFolder } from "../../../src/adapters/file/program-folder.ts";
import { PROGRAM_FILE_BYTES_MAX } from "../../../src/contract/limits.ts";
import type { ModelCatalog } from "../../../src/core/ports.ts";
import { compileProgram } from "../../../src/service/compile-program.ts";
import { CATALOG, catalogOf, PROGRAM_YAML, temporaryFolder } from "../../support/program-fixtures.ts";

const calendar = new TemporalCalendar();

async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<ProgramFolder> {
  const path = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return new ProgramFolder(path);
}

/** The file as the service takes it: read, then compiled against the models. */
async function openIn(folder: ProgramFolder, models: ModelCatalog = CATALOG) {
  const text = await folder.read("spring-mail");
  return text.ok ? compileProgram(text.value, { models, compileRule, calendar }) : text;
}

async function faultsOf(content: string | Uint8Array) {
  const folder = await folderWith({ "spring-mail.yaml": content });
  const opened = await openIn(folder);
  return opened.ok ? [] : opened.faults;
}

test("a good file is opened whole, under the digest of its bytes", async () => {
  const folder = await folderWith({ "spring-mail.yaml": PROGRAM_YAML });
  const opened = await openIn(folder);
  const digest = createHash("sha256").update(PROGRAM_YAML, "utf8").digest("hex");
  expect(opened).toMatchObject({
    ok: true,
    value: { id: "spring-mail", version: 1, digest: `sha256:${digest}` },
  });
});

test("a comment changes the digest: records name the exact file", async () => {
  const folder = await folderWith({ "spring-mail.yaml": PROGRAM_YAML });
  const commented = await folderWith({ "spring-mail.yaml": `${PROGRAM_YAML}# more\n` });
  const texts = [await folder.read("spring-mail"), await commented.read("spring-mail")];
  expect(new Set(texts.map((text) => text.ok && text.value.digest)).size).toBe(2);
});

test("the list holds every YAML file, sorted, and nothing else", async () => {
  const folder = await folderWith({
    "b.yaml": "",
    "a.yaml": "",
    "c.yml": "",
    "README.md": "",
    ".hidden.yaml": "",
    "a.yaml.bak": "",
  });
  expect(await folder.list()).toEqual(["a", "b", "c"]);
});

test("a folder that is not there is an error, not an empty list", async () => {
  const folder = new ProgramFolder(join(await temporaryFolder(), "gone"));
  await expect(folder.list()).rejects.toThrow("ENOENT");
});

describe("files that are refused", () => {
  test.each([
    ["an empty file", "", "", "expected object"],
    [
      "a file of another name",
      PROGRAM_YAML.replace("spring-mail", "summer-mail"),
      "program",
      "must be the file's name, spring-mail",
    ],
    ["a huge file", "#".repeat(PROGRAM_FILE_BYTES_MAX + 1), "", `is larger than ${PROGRAM_FILE_BYTES_MAX} bytes`],
    ["UTF-16", Buffer.from(PROGRAM_YAML, "utf16le"), "", "not UTF-8"],
    ["a byte order mark", `\uFEFF${PROGRAM_YAML}`, "", "byte order mark"],
    ["a repeated key", `${PROGRAM_YAML}state: paused\n`, "line 20, column 1", "twice"],
    ["an unknown key", `${PROGRAM_YAML}colour: red\n`, "colour", "is not a field here"],
    ["a prototype", `${PROGRAM_YAML}__proto__: { state: live }\n`, "__proto__", "is not a field here"],
    ["an exponent", PROGRAM_YAML.replace("0.01", "1e-2"), "line 7, column 44", "plain decimal"],
    ["not a number", PROGRAM_YAML.replace("0.01", ".nan"), "line 7, column 44", "plain decimal"],
    ["an infinite cost", PROGRAM_YAML.replace("0.01", ".inf"), "line 7, column 44", "plain decimal"],
    ["an anchor", PROGRAM_YAML.replace("0.01", "&cost 0.01"), "line 7, column 50", "anchor"],
    [
      "an unknown feature",
      PROGRAM_YAML.replace("features.tenure", "features.age"),
      "models[0].when",
      "at character 1: unknown feature age",
    ],
    ["an action without an output", PROGRAM_YAML.replace("id: voucher", "id: push"), "actions[2].id", "no output"],
  ])("%s", async (_, content, path, words) => {
    expect(await faultsOf(content)).toContainEqual({ path, rule: expect.stringContaining(words) });
  });

  test("a folder of the file's name", async () => {
    const path = await temporaryFolder();
    await mkdir(join(path, "spring-mail.yaml"));
    const folder = new ProgramFolder(path);
    expect(await folder.read("spring-mail")).toEqual({
      ok: false,
      faults: [{ path: "", rule: "is not a file" }],
    });
  });

  test.each(["../secrets", "Spring", "a/b", "", "x".repeat(65)])("the id %j is never a path", async (id) => {
    const folder = await folderWith({});
    expect(await folder.read(id)).toMatchObject({
      ok: false,
      faults: [{ rule: expect.stringContaining("is named <id>.yaml") }],
    });
  });

  test("a .yml file says how it should be named", async () => {
    const folder = await folderWith({ "spring-mail.yml": PROGRAM_YAML });
    const [id = ""] = await folder.list();
    expect(await folder.read(id)).toMatchObject({
      ok: false,
      faults: [{ rule: expect.stringContaining("spring-mail.yaml") }],
    });
  });
});

test("all faults of the form come together, and all faults of the fit", async () => {
  const form = await faultsOf(
    PROGRAM_YAML.replace("version: 1", "version: one").replace("EUR", "euro").concat("stickiness: { by: user }\n"),
  );
  expect(form.map(({ path }) => path).toSorted()).toEqual(["currency", "stickiness.window", "version"]);
  const fit = await faultsOf(
    PROGRAM_YAML.replace("id: voucher", "id: push")
      .replace("head: visit", "head: visits")
      .replace("features.tenure", "features.age"),
  );
  expect(new Set(fit.map(({ path }) => path))).toEqual(
    new Set(["actions[2].id", "objective.value[0].head", "models[0].when"]),
  );
});

test("no more than 50 faults are reported", async () => {
  const strangers = Array.from({ length: 1_000 }, (_, i) => `stranger${i}: 1\n`).join("");
  expect(await faultsOf(PROGRAM_YAML + strangers)).toHaveLength(50);
});

test("models that are not loaded are faults that say so", async () => {
  const folder = await folderWith({ "spring-mail.yaml": PROGRAM_YAML });
  expect(await openIn(folder, catalogOf())).toMatchObject({
    ok: false,
    faults: [
      { path: "models[0].model", rule: "model not loaded: loyal@2" },
      { path: "models[1].model", rule: "model not loaded: newcomer@1" },
    ],
  });
});
