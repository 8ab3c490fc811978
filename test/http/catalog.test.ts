/** What is loaded, and reloading it from disk. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelList, ProgramEntry, ProgramList, ReloadAnswer } from "../../src/contract/catalog.ts";
import { Manifest } from "../../src/contract/manifest.ts";
import { type ModelsDirectory, TINY } from "../support/model-folders.ts";
import { expectProblem } from "../support/refusal.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

let models: ModelsDirectory;
let service: TestService;
beforeEach(async () => {
  models = await tinyModels();
  service = await startTestService({
    environment: { MODELS_DIR: models.path },
    programs: { [TINY_PROGRAM]: TINY_YAML },
  });
  await service.putFeatures(TINY_USER, "u1");
});
afterEach(async () => {
  await service.stop();
  await models.remove();
});

const write = (yaml: string, id = TINY_PROGRAM) => writeFile(join(service.programsDir, `${id}.yaml`), yaml);
const reload = () => service.call("POST", "/v1/reload");

async function expectMailFromVersion(version: number): Promise<void> {
  const { json } = await service.decide({ programId: TINY_PROGRAM, userId: "u1", features: { newbie: false } });
  expect(json).toMatchObject({ action: "mail", status: "normal", program: { version } });
}

describe("the catalog", () => {
  it("lists the programs, and shows each", async () => {
    const { programs } = ProgramList.parse((await service.call("GET", "/v1/programs")).json);
    expect(programs).toMatchObject([
      { id: TINY_PROGRAM, version: 1, state: "live", models: ["tiny@1"], missingModels: [] },
    ]);
    const entry = ProgramEntry.parse((await service.call("GET", `/v1/programs/${TINY_PROGRAM}`)).json);
    expect(entry).toEqual(programs[0]);
  });

  it("shows each model's whole feature contract as its manifest has it", async () => {
    const answer = ModelList.parse((await service.call("GET", "/v1/models")).json);
    const manifest = Manifest.parse(JSON.parse((await models.read(TINY, "manifest.json")).toString()));
    expect(answer.models).toMatchObject([
      {
        name: "tiny",
        version: "1",
        state: "serving",
        faults: [],
        actions: ["mail", "call"],
        replicates: 2,
        featureDigest: manifest.featureDigest,
      },
    ]);
    expect(answer.models[0]?.features).toEqual(manifest.features);
    expect(answer.models[0]?.heads).toEqual(manifest.heads);
  });
});

describe("POST /v1/reload", () => {
  it("says that nothing changed, or what was loaded", async () => {
    expect(ReloadAnswer.parse((await reload()).json)).toEqual({
      models: [{ id: TINY, outcome: "unchanged", faults: [] }],
      programs: [{ id: TINY_PROGRAM, outcome: "unchanged", faults: [] }],
    });
    await write(TINY_YAML.replace("version: 1", "version: 2"));
    const answer = ReloadAnswer.parse((await reload()).json);
    expect(answer.programs).toEqual([{ id: TINY_PROGRAM, outcome: "loaded", faults: [] }]);
    await expectMailFromVersion(2);
  });

  it.each([
    ["is cut short", TINY_YAML.slice(0, 200), ""],
    [
      "has a share over 1",
      `${TINY_YAML.replace("version: 1", "version: 2")}holdout: { share: 1.5, salt: h }\n`,
      "holdout.share",
    ],
    [
      "has a rule that does not compile",
      `${TINY_YAML.replace("version: 1", "version: 2")}eligibility: 'features.recency <'\n`,
      "eligibility",
    ],
    [
      "names an action that the model does not score",
      TINY_YAML.replace("version: 1", "version: 2").replace("id: call", "id: fax"),
      "actions[2].id",
    ],
    [
      "has a negative budget",
      `${TINY_YAML.replace("version: 1", "version: 2")}budget: { amount: -5, period: { every: day, timezone: UTC }, reserve: expected }\n`,
      "budget.amount",
    ],
    ["changed under the same version", `${TINY_YAML}# changed\n`, "version"],
    ["is an alias bomb", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nprogram: *c\n", ""],
  ])("with a program that %s answers 422 with the path, and the old one decides", async (_, yaml, path) => {
    await write(yaml);
    const answer = await reload();
    expect(answer.status).toBe(422);
    const problem = expectProblem(answer.text, "reload_refused");
    expect(problem.errors?.map((fault) => fault.path)).toContainEqual(
      expect.stringContaining(`${TINY_PROGRAM}${path === "" ? "" : `: ${path}`}`),
    );
    await expectMailFromVersion(1);
    await write(TINY_YAML.replace("version: 1", "version: 3"));
    expect((await reload()).status).toBe(200);
    await expectMailFromVersion(3);
  });

  it.each<[string, (good: Buffer) => Buffer]>([
    ["empty", () => Buffer.alloc(0)],
    ["cut short", (good) => good.subarray(0, good.length / 2)],
    ["another file", () => Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")],
    ["damaged in one bit", (good) => Buffer.from(good).fill((good[900] ?? 0) ^ 1, 900, 901)],
  ])("with a model file that is %s answers 422, and the old one serves", async (_, damage) => {
    const good = await models.read(TINY, "model.onnx");
    await models.write(TINY, "model.onnx", damage(good));
    // A folder is looked at again when its manifest changes.
    await models.patchManifest(TINY, ["description"], "changed");
    const problem = expectProblem((await reload()).text, "reload_refused");
    expect(problem.errors?.[0]?.path).toContain(`${TINY}: `);
    const listed = ModelList.parse((await service.call("GET", "/v1/models")).json);
    expect(listed.models).toMatchObject([{ state: "kept", faults: [{}] }]);
    await expectMailFromVersion(1);
    await models.write(TINY, "model.onnx", good);
    expect((await reload()).status).toBe(200);
    await expectMailFromVersion(1);
  });

  it("with a model removed on disk keeps deciding, safely", async () => {
    await models.drop(TINY);
    await reload();
    const { json } = await service.decide({ programId: TINY_PROGRAM, userId: "u1", features: { newbie: false } });
    expect(json).toMatchObject({ action: "no_offer", propensity: 1, status: "safe_default", model: null });
    const { missingModels } = ProgramEntry.parse((await service.call("GET", `/v1/programs/${TINY_PROGRAM}`)).json);
    expect(missingModels).toEqual(["tiny@1"]);
  });

  it("ten times at once is ten answers, and decisions go on meanwhile", async () => {
    const [reloads, decisions] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, reload)),
      Promise.all(
        Array.from({ length: 50 }, () =>
          service.decide({ programId: TINY_PROGRAM, userId: "u1", features: { newbie: false } }),
        ),
      ),
    ]);
    expect(reloads.every(({ status }) => status === 200)).toBe(true);
    expect(decisions.every(({ status }) => status === 200)).toBe(true);
  });
});

describe("a program", () => {
  const change = async (yaml: string) => {
    await write(yaml.replace("version: 1", "version: 2"));
    expect((await reload()).status).toBe(200);
  };
  const decide = async (body: object) => service.decide({ programId: TINY_PROGRAM, userId: "u1", ...body });

  it("that is paused offers nothing with propensity exactly 1, and reads nothing", async () => {
    await change(TINY_YAML.replace("state: live", "state: paused"));
    const { json } = await decide({ explain: true });
    expect(json).toMatchObject({ action: "no_offer", propensity: 1, mode: "paused", status: "paused", model: null });
    expect(json).toMatchObject({ explanation: [{}, { excluded: "paused" }, { excluded: "paused" }] });
    const record = (await service.records()).at(-1);
    expect(record).toMatchObject({ features: null, facts: {}, model: null, withheld: "paused" });
  });

  it("that randomizes by cluster needs a clusterId, and draws by it", async () => {
    await change(
      `${TINY_YAML.replace("randomizationUnit: user", "randomizationUnit: cluster")}evaluation: { share: 1, salt: e }\n`,
    );
    const problem = expectProblem((await decide({})).text, "cluster_required");
    expect(problem.errors).toEqual([{ path: "clusterId", rule: "is required by this program" }]);
    expect((await decide({ clusterId: "household-7", features: { newbie: false } })).status).toBe(200);
    expect((await service.records()).at(-1)).toMatchObject({ user: "u1", unit: "household-7", arm: "evaluation" });
  });

  it("that explores for users nothing is known about draws evenly", async () => {
    await change(TINY_YAML.replace("coldStart: no_offer", "coldStart: explore"));
    const { json } = await decide({ userId: "nobody", explain: true });
    expect(json).toMatchObject({ status: "degraded_features", propensity: 1 / 3 });
    expect((await service.records()).at(-1)).toMatchObject({ basis: "explore" });
  });

  it("that has priors uses them for users nothing is known about", async () => {
    await change(TINY_YAML.replace("coldStart: no_offer", "coldStart: prior"));
    const { json } = await decide({ userId: "nobody", explain: true });
    // The priors of TINY_YAML: mail is worth 2 and call 1.
    expect(json).toMatchObject({
      status: "degraded_features",
      action: "mail",
      propensity: 1,
      expected: { value: 2, cost: 0.5 },
    });
  });

  it("asks its rules about the features and the context", async () => {
    await change(`${TINY_YAML}eligibility: 'features.recency <= 5.0 && context.surface == "checkout"'\n`);
    const features = { newbie: false };
    expect((await decide({ features, context: { surface: "checkout" } })).json).toMatchObject({ action: "mail" });
    expect((await decide({ features, context: { surface: "home" } })).json).toMatchObject({ action: "no_offer" });
    expect((await decide({ features })).json).toMatchObject({ action: "no_offer" });
  });

  it("is archived under its digest as it was read", async () => {
    const [entry] = ProgramList.parse((await service.call("GET", "/v1/programs")).json).programs;
    const [name = ""] = await readdir(join(service.dataDir, "programs"));
    expect(name).toBe(`${TINY_PROGRAM}@1-${entry?.digest.slice("sha256:".length, "sha256:".length + 12)}.yaml`);
    expect(await readFile(join(service.dataDir, "programs", name), "utf8")).toBe(TINY_YAML);
  });
});
