/** What is known of a user, through the whole service: routing between models, old rows, rows of another contract. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { featureDigestOf } from "../../src/adapters/onnx/model-contract.ts";
import { Manifest } from "../../src/contract/manifest.ts";
import { type ModelsDirectory, TINY } from "../support/model-folders.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const DAY_MS = 86_400_000;

let models: ModelsDirectory;
let service: TestService;

async function start(yaml: string): Promise<void> {
  service = await startTestService({ environment: { MODELS_DIR: models.path }, programs: { [TINY_PROGRAM]: yaml } });
}

beforeEach(async () => {
  models = await tinyModels();
});
afterEach(async () => {
  await service.stop();
  await models.remove();
});

const decide = async (userId: string, parts: object = {}) =>
  (await service.decide({ programId: TINY_PROGRAM, userId, features: { newbie: false }, ...parts })).json;

async function put(userId: string, features: object, ageMs = 0): Promise<void> {
  const observedAt = new Date(Date.now() - ageMs).toISOString();
  const { status } = await service.call("PUT", "/v1/features", { body: { users: [{ userId, observedAt, features }] } });
  expect(status).toBe(200);
}

describe("a program that routes between models", () => {
  beforeEach(async () => {
    const second = "tiny/2";
    const copy = JSON.parse((await models.read(TINY, "manifest.json")).toString());
    await models.addAs(TINY, second);
    await models.write(second, "manifest.json", JSON.stringify({ ...copy, version: "2" }));
    const routes = `models:
  - { when: 'features.recency >= 6.0', model: tiny@2 }
  - { when: 'context.lapsed == true', model: tiny@2 }
  - { model: tiny@1 }`;
    await start(TINY_YAML.replace("models:\n  - { model: tiny@1 }", routes));
    await put("new", { ...TINY_USER, recency: 1 });
    await put("old", { ...TINY_USER, recency: 6 });
  });

  it("takes the first route that matches the features or the context, else the last", async () => {
    expect(await decide("new")).toMatchObject({ model: { version: "1" }, status: "normal" });
    expect(await decide("old")).toMatchObject({ model: { version: "2" }, status: "normal" });
    expect(await decide("new", { context: { lapsed: true } })).toMatchObject({ model: { version: "2" } });
    expect(await decide("nobody")).toMatchObject({ model: { version: "1" }, status: "degraded_features" });
  });

  it("offers nothing to anybody while one of its models is not there", async () => {
    await models.drop("tiny/2");
    await service.call("POST", "/v1/reload");
    for (const userId of ["new", "old"])
      expect(await decide(userId)).toMatchObject({ status: "safe_default", propensity: 1 });
  });
});

describe("a row", () => {
  it("is too old when the model says so, though the program would take it", async () => {
    // The tiny model's channel may be 7 days old, rows of this program 30 days.
    await start(TINY_YAML.replace("maxAge: 24h", "maxAge: 30d"));
    await put("six-days", TINY_USER, 6 * DAY_MS);
    await put("eight-days", TINY_USER, 8 * DAY_MS);
    expect(await decide("six-days")).toMatchObject({ status: "normal", action: "mail" });
    expect(await decide("eight-days")).toMatchObject({
      status: "degraded_features",
      action: "no_offer",
      propensity: 1,
    });
    const records = await service.records();
    expect(records.map(({ features }) => features?.stale)).toEqual([false, true]);
  });

  it("from a little in the future is taken: clocks differ", async () => {
    await start(TINY_YAML);
    await put("ahead", TINY_USER, -4 * 60_000);
    await put("far-ahead", TINY_USER, -6 * 60_000);
    expect(await decide("ahead")).toMatchObject({ status: "normal" });
    expect(await decide("far-ahead")).toMatchObject({ status: "degraded_features" });
  });

  it("written under another feature contract is not read as this one", async () => {
    await start(TINY_YAML);
    await put("u", TINY_USER);
    expect(await decide("u")).toMatchObject({ status: "normal" });

    const manifest = Manifest.parse(JSON.parse((await models.read(TINY, "manifest.json")).toString()));
    const features = manifest.features.map((feature) =>
      feature.kind === "categorical"
        ? {
            ...feature,
            vocabulary: [...feature.vocabulary, "shop"],
            statistics: { ...feature.statistics, frequencies: [...feature.statistics.frequencies, 0] },
          }
        : feature,
    );
    await models.patchManifest(TINY, ["features"], features);
    await models.patchManifest(TINY, ["featureDigest"], featureDigestOf(features));
    expect((await service.call("POST", "/v1/reload")).status).toBe(200);

    expect(await decide("u")).toMatchObject({ status: "degraded_features", action: "no_offer", propensity: 1 });
    expect((await service.call("GET", "/metrics")).text).toMatch(
      /liftgate_feature_contract_mismatches_total\{set="tiny"\} 1/,
    );
    await put("u", { ...TINY_USER, channel: "shop" });
    expect(await decide("u")).toMatchObject({ status: "normal" });
  });
});

describe("a rule about a missing value", () => {
  it("is false, so that nobody is let in by what is not known", async () => {
    await start(`${TINY_YAML}eligibility: 'features.recency <= 12.0'\n`);
    await put("gap", { spent: 20.5, channel: "phone" });
    await put("known", TINY_USER);
    expect(await decide("gap", { explain: true })).toMatchObject({
      action: "no_offer",
      explanation: [{}, { excluded: "ineligible" }, {}],
    });
    expect(await decide("known")).toMatchObject({ action: "mail" });
  });
});

it("a program file that appears while the service runs is decided under after a reload", async () => {
  await start(TINY_YAML);
  const yaml = TINY_YAML.replace(`program: ${TINY_PROGRAM}`, "program: second").replace("state: live", "state: paused");
  await writeFile(join(service.programsDir, "second.yaml"), yaml);
  expect((await service.decide({ programId: "second", userId: "u" })).status).toBe(404);
  await service.call("POST", "/v1/reload");
  expect((await service.decide({ programId: "second", userId: "u" })).json).toMatchObject({ status: "paused" });
});
