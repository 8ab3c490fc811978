import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { compileRule } from "../../src/adapters/cel/compile-rule.ts";
import { ProgramArchive } from "../../src/adapters/file/program-archive.ts";
import { ProgramFolder } from "../../src/adapters/file/program-folder.ts";
import { TemporalCalendar } from "../../src/adapters/temporal/calendar.ts";
import type { ModelCatalog } from "../../src/core/ports.ts";
import { ProgramCache } from "../../src/service/program-cache.ts";
import { CATALOG, catalogModel, catalogOf, PROGRAM_YAML, temporaryFolder } from "../support/program-fixtures.ts";

let folder: string;
let archiveFolder: string;

beforeEach(async () => {
  const root = await temporaryFolder();
  folder = join(root, "programs");
  archiveFolder = join(root, "data", "programs");
  await mkdir(folder);
});

async function put(yaml: string, id = "spring-mail"): Promise<void> {
  await writeFile(join(folder, `${id}.yaml`), yaml);
}

function cacheOver(models: ModelCatalog = CATALOG): ProgramCache {
  const files = new ProgramFolder(folder);
  return new ProgramCache({
    files,
    archive: new ProgramArchive(archiveFolder),
    models,
    compileRule,
    calendar: new TemporalCalendar(),
  });
}

/** A catalog whose models can be loaded later. */
function growingCatalog(...models: readonly ReturnType<typeof catalogModel>[]) {
  let catalog = catalogOf(...models);
  return {
    find: (name: string, version: string) => catalog.find(name, version),
    become: (...later: readonly ReturnType<typeof catalogModel>[]) => {
      catalog = catalogOf(...later);
    },
  };
}

const version = (number: number) => PROGRAM_YAML.replace("version: 1", `version: ${number}`);

describe("at start", () => {
  test("every program is loaded, by id", async () => {
    await put(PROGRAM_YAML);
    await put(PROGRAM_YAML.replace("spring-mail", "autumn-mail"), "autumn-mail");
    const cache = cacheOver();
    expect(await cache.load()).toEqual([
      { id: "autumn-mail", outcome: "loaded", faults: [] },
      { id: "spring-mail", outcome: "loaded", faults: [] },
    ]);
    expect(cache.list().map(({ program }) => program.id)).toEqual(["autumn-mail", "spring-mail"]);
    expect(cache.get("spring-mail")?.version).toBe(1);
    expect(cache.get("winter-mail")).toBeUndefined();
  });

  test("a bad program is refused and does not keep the others from loading", async () => {
    await put(PROGRAM_YAML);
    await put("budget: 3", "broken");
    const cache = cacheOver();
    const outcomes = await cache.load();
    expect(outcomes.map(({ id, outcome }) => [id, outcome])).toEqual([
      ["broken", "refused"],
      ["spring-mail", "loaded"],
    ]);
    expect(outcomes[0]?.faults.length).toBeGreaterThan(5);
    expect(cache.list()).toHaveLength(1);
  });

  test("a program that only lacks a model is admitted, and says which", async () => {
    await put(PROGRAM_YAML);
    const cache = cacheOver(catalogOf(catalogModel("newcomer@1")));
    expect(await cache.load()).toEqual([
      {
        id: "spring-mail",
        outcome: "admitted",
        faults: [{ path: "models[0].model", rule: "model not loaded: loyal@2" }],
      },
    ]);
    expect(cache.list()).toMatchObject([
      { program: { state: "live" }, missingModels: [{ name: "loyal", version: "2" }] },
    ]);
  });

  test("a program that lacks a model and has another fault is refused", async () => {
    await put(PROGRAM_YAML.replace("id: voucher", "id: push"));
    const cache = cacheOver(catalogOf(catalogModel("newcomer@1")));
    expect(await cache.load()).toMatchObject([{ outcome: "refused" }]);
  });

  test("a program whose pool is not there, or goes away, is refused, and what was loaded stays", async () => {
    const own = "budget: { amount: 5, period: { every: day, timezone: UTC }, reserve: expected }\n";
    const shared = "budget: { pool: spring-mail, reserve: expected }\n";
    const autumn = PROGRAM_YAML.replace("spring-mail", "autumn-mail");
    await put(PROGRAM_YAML);
    await put(autumn + shared, "autumn-mail");
    const cache = cacheOver();
    expect(await cache.load()).toMatchObject([
      { id: "autumn-mail", outcome: "refused", faults: [{ path: "budget.pool" }] },
      { id: "spring-mail", outcome: "loaded" },
    ]);
    await put(version(2) + own);
    expect(await cache.reload()).toMatchObject([{ outcome: "loaded" }, { outcome: "loaded" }]);
    expect(cache.get("autumn-mail")?.funding?.pool).toBe("spring-mail");
    await put(version(3));
    expect(await cache.reload()).toMatchObject([{ id: "autumn-mail", outcome: "kept" }, { outcome: "loaded" }]);
    expect(cache.get("autumn-mail")?.funding?.pool).toBe("spring-mail");
  });

  test("a folder that is not there is an error", async () => {
    await rm(folder, { recursive: true });
    await expect(cacheOver().load()).rejects.toThrow("ENOENT");
  });
});

describe("on reload", () => {
  test("what did not change is unchanged; a higher version replaces; a removed file drops the program", async () => {
    await put(PROGRAM_YAML);
    const cache = cacheOver();
    await cache.load();
    expect(await cache.reload()).toMatchObject([{ outcome: "unchanged" }]);
    await put(version(2));
    expect(await cache.reload()).toMatchObject([{ outcome: "loaded" }]);
    expect(cache.get("spring-mail")?.version).toBe(2);
    await rm(join(folder, "spring-mail.yaml"));
    expect(await cache.reload()).toEqual([{ id: "spring-mail", outcome: "removed", faults: [] }]);
    expect(cache.list()).toEqual([]);
  });

  test.each([
    ["garbage", "{{{"],
    ["a file cut short", PROGRAM_YAML.slice(0, 300)],
    ["an empty file", ""],
    ["a rule that does not compile", version(2).replace("features.tenure", "features.age")],
    ["an unsupported field", `${version(2)}stickiness: { by: user }\n`],
    ["a changed file under the same version", `${PROGRAM_YAML}# changed\n`],
    ["a model that is not loaded", version(2).replace("loyal@2", "loyal@3")],
  ])("%s leaves the loaded program as it is", async (_, yaml) => {
    await put(PROGRAM_YAML);
    const cache = cacheOver();
    await cache.load();
    const before = cache.get("spring-mail");
    await put(yaml);
    const [outcome] = await cache.reload();
    expect(outcome?.outcome).toBe("kept");
    expect(outcome?.faults.length).toBeGreaterThan(0);
    expect(cache.get("spring-mail")).toBe(before);
    await put(version(3));
    expect(await cache.reload()).toMatchObject([{ outcome: "loaded" }]);
  });

  test("a reused version number is named, together with everything else that is wrong", async () => {
    await put(PROGRAM_YAML);
    const cache = cacheOver();
    await cache.load();
    await put(PROGRAM_YAML.replace("id: voucher", "id: push"));
    const [outcome] = await cache.reload();
    expect(outcome?.faults).toContainEqual({
      path: "version",
      rule: expect.stringContaining("raise version"),
    });
    expect(outcome?.faults).toContainEqual({
      path: "actions[2].id",
      rule: expect.stringContaining("no output"),
    });
  });

  test("an unreadable folder drops nothing", async () => {
    await put(PROGRAM_YAML);
    const cache = cacheOver();
    await cache.load();
    await rm(folder, { recursive: true });
    await expect(cache.reload()).rejects.toThrow("ENOENT");
    expect(cache.get("spring-mail")?.version).toBe(1);
  });

  test("reloads asked for at the same time happen one after the other", async () => {
    await put(PROGRAM_YAML);
    const cache = cacheOver();
    const outcomes = await Promise.all([cache.load(), cache.reload(), cache.reload()]);
    expect(outcomes.map(([first]) => first?.outcome)).toEqual(["loaded", "unchanged", "unchanged"]);
  });
});

describe("a program admitted without a model", () => {
  test("stays admitted while the model is missing, and is whole once it is loaded", async () => {
    await put(PROGRAM_YAML);
    const models = growingCatalog(catalogModel("newcomer@1"));
    const cache = cacheOver(models);
    await cache.load();
    expect(await cache.reload()).toMatchObject([{ outcome: "kept", faults: [{ rule: "model not loaded: loyal@2" }] }]);
    expect(cache.get("spring-mail")?.state).toBe("live");

    models.become(catalogModel("newcomer@1"), catalogModel("loyal@2"));
    expect(await cache.reload()).toMatchObject([{ outcome: "loaded", faults: [] }]);
    expect(cache.list()).toMatchObject([{ missingModels: [] }]);
  });

  test("pauses when the model arrives and does not fit: it was never checked against it", async () => {
    await put(PROGRAM_YAML);
    const models = growingCatalog(catalogModel("newcomer@1"));
    const cache = cacheOver(models);
    await cache.load();
    models.become(catalogModel("newcomer@1"), catalogModel("loyal@2", { actions: ["mail"] }));
    expect(await cache.reload()).toMatchObject([{ outcome: "kept", faults: [{ path: "actions[2].id" }] }]);
    expect(cache.get("spring-mail")?.state).toBe("paused");
  });
});

describe("the archive", () => {
  test("holds every program that was accepted, and none that was not", async () => {
    await put(PROGRAM_YAML);
    const cache = cacheOver();
    await cache.load();
    await put(version(2).replace("EUR", "euro"));
    await cache.reload();
    await put(version(3));
    await cache.reload();
    expect((await readdir(archiveFolder)).map((name) => name.slice(0, 14)).toSorted()).toEqual([
      "spring-mail@1-",
      "spring-mail@3-",
    ]);
  });

  test("that cannot be written keeps a new program from deciding", async () => {
    await put(PROGRAM_YAML);
    await mkdir(join(archiveFolder, ".."), { recursive: true });
    await writeFile(archiveFolder, "a file where the folder should be");
    const cache = cacheOver();
    expect(await cache.load()).toMatchObject([
      { outcome: "refused", faults: [{ rule: expect.stringContaining("cannot be archived") }] },
    ]);
    expect(cache.list()).toEqual([]);
  });
});

describe("shadows", () => {
  const shadow = PROGRAM_YAML.replace("program: spring-mail", "program: candidate").replace(
    "state: live",
    "state: shadow\nshadows: spring-mail",
  );
  const cap = "caps: [{ scope: user, max: 1, per: 30d }]\n";

  test("are known by the program they shadow, and share no user and count no offer with it", async () => {
    await put(PROGRAM_YAML);
    await put(shadow.concat(cap), "candidate");
    const cache = cacheOver();
    await cache.load();
    expect(cache.shadowsOf("spring-mail").map(({ id }) => id)).toEqual(["candidate"]);
    expect(cache.shadowsOf("candidate")).toEqual([]);
    const incumbent = cache.get("spring-mail");
    expect(cache.shareUsers()).toBe(false);
    expect(incumbent && cache.keeping(incumbent)).toMatchObject({ counted: false });
    // Its caps count what the incumbent gives.
    expect(cache.get("candidate")?.caps).toMatchObject([{ program: "spring-mail" }]);
  });

  test("of a program that is not there are refused", async () => {
    await put(shadow, "candidate");
    expect(await cacheOver().load()).toEqual([
      {
        id: "candidate",
        outcome: "refused",
        faults: [{ path: "shadows", rule: "spring-mail is not a loaded program" }],
      },
    ]);
  });

  test("are gone when their file is, or when they go live", async () => {
    await put(PROGRAM_YAML);
    await put(shadow, "candidate");
    const cache = cacheOver();
    await cache.load();
    await put(
      shadow.replace("version: 1", "version: 2").replace("state: shadow\nshadows: spring-mail", "state: live"),
      "candidate",
    );
    await cache.reload();
    expect([cache.shadowsOf("spring-mail"), cache.shareUsers()]).toEqual([[], true]);
  });
});
