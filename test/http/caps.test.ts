/** Caps and cooldowns as callers meet them: exact under concurrency, and across replicas that share a Redis. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { type ModelsDirectory, TINY, TINY_DIRECTORY } from "../support/model-folders.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const NEWBIE = { newbie: false };
const CALLS = 1_000;
const CAP = 3;

let models: ModelsDirectory;
let redis: RedisServer;

beforeAll(async () => {
  models = await tinyModels();
  redis = await startRedisServer();
});
afterAll(async () => {
  await models.remove();
  await redis.stop();
});

/** The tiny program, which always draws `mail` for the tiny user, under these caps. */
function capped(limits: string, id = TINY_PROGRAM): string {
  return `${TINY_YAML.replace(TINY_PROGRAM, id)}${limits}\n`;
}

async function start(programs: Readonly<Record<string, string>>, url?: string): Promise<TestService> {
  const environment = { MODELS_DIR: models.path, ...(url !== undefined && { REDIS_URL: url }) };
  return await startTestService({ programs, environment });
}

const byUser = `caps: [{ scope: user, channel: email, max: ${CAP}, per: 30d }]`;

async function ask(service: TestService, userId: string, parts: object = {}) {
  return (await service.decide({ programId: TINY_PROGRAM, userId, features: NEWBIE, ...parts })).json;
}

function given(records: readonly DecisionRecord[]): number {
  return records.filter(({ realizedAction }) => realizedAction !== "no_offer").length;
}

/**
 * Every record without an offer says why, before the draw. On a machine that stood still for a moment a read may
 * have come too late, and then nothing was offered either.
 */
function expectReasons(records: readonly DecisionRecord[]): void {
  for (const { candidates, realizedAction, override, propensity } of records) {
    expect(override).toBeNull();
    if (realizedAction !== "no_offer") continue;
    const mail = candidates.find((candidate) => candidate.action === "mail");
    expect([["cap_reached", "unavailable"].includes(String(mail?.excluded)), propensity]).toEqual([true, 1]);
  }
}

describe("a thousand concurrent requests for one user", () => {
  it("give exactly as many offers as the cap allows, with embedded stores", async () => {
    await using service = await start({ [TINY_PROGRAM]: capped(byUser) });
    await service.putFeatures(TINY_USER, "u");
    await Promise.all(Array.from({ length: CALLS }, () => ask(service, "u")));
    const records = await service.records();
    expect(records).toHaveLength(CALLS);
    expect(given(records)).toBe(CAP);
    expectReasons(records);
  });

  it("give exactly as many offers as the cap allows, across two replicas", async () => {
    await using one = await start({ [TINY_PROGRAM]: capped(byUser) }, redis.url);
    await using other = await start({ [TINY_PROGRAM]: capped(byUser) }, redis.url);
    await one.putFeatures(TINY_USER, "shared");
    await Promise.all(Array.from({ length: CALLS }, (_, i) => ask(i % 2 === 0 ? one : other, "shared")));
    const records = [...(await one.records()), ...(await other.records())];
    expect(records).toHaveLength(CALLS);
    expect(given(records)).toBe(CAP);
    expectReasons(records);
  });
});

describe("a cap", () => {
  it("is told before the draw, and the answer says why", async () => {
    await using service = await start({ [TINY_PROGRAM]: capped("caps: [{ scope: user, max: 1, per: 30d }]") });
    await service.putFeatures(TINY_USER, "u");
    expect(await ask(service, "u")).toMatchObject({ action: "mail" });
    expect(await ask(service, "u", { explain: true })).toMatchObject({
      action: "no_offer",
      propensity: 1,
      explanation: [{}, { action: "mail", excluded: "cap_reached" }, { action: "call", excluded: "cap_reached" }],
    });
    await service.putFeatures(TINY_USER, "another");
    expect(await ask(service, "another")).toMatchObject({ action: "mail" });
  });

  it("of a channel leaves the other channels open", async () => {
    await using service = await start({
      [TINY_PROGRAM]: capped("caps: [{ scope: user, channel: email, max: 1, per: { every: year, timezone: UTC } }]"),
    });
    await service.putFeatures(TINY_USER, "u");
    await ask(service, "u");
    expect(await ask(service, "u", { explain: true })).toMatchObject({
      action: "no_offer",
      explanation: [{}, { action: "mail", excluded: "cap_reached" }, { action: "call", pruned: "no_value" }],
    });
  });

  it("of a cluster counts the offers of all its users, and needs to know the cluster", async () => {
    await using service = await start({ [TINY_PROGRAM]: capped("caps: [{ scope: cluster, max: 1, per: 30d }]") });
    await service.putFeatures(TINY_USER, "u1", "u2", "u3");
    expect((await service.decide({ programId: TINY_PROGRAM, userId: "u1" })).status).toBe(422);
    expect(await ask(service, "u1", { clusterId: "home" })).toMatchObject({ action: "mail" });
    expect(await ask(service, "u2", { clusterId: "home" })).toMatchObject({ action: "no_offer" });
    expect(await ask(service, "u3", { clusterId: "elsewhere" })).toMatchObject({ action: "mail" });
  });

  it("across all programs counts what each of them gave, and each record lists what the others have open", async () => {
    const limits = "cooldowns: [{ scope: user, across: all, channel: email, for: 7d }]";
    await using service = await start({
      [TINY_PROGRAM]: capped(limits),
      "other-mail": capped("", "other-mail"),
    });
    await service.putFeatures(TINY_USER, "u");
    expect((await service.decide({ programId: "other-mail", userId: "u", features: NEWBIE })).json).toMatchObject({
      action: "mail",
    });
    expect(await ask(service, "u", { explain: true })).toMatchObject({
      action: "no_offer",
      explanation: [{}, { action: "mail", excluded: "cooldown" }, {}],
    });
    const [first, second] = await service.records();
    expect(first?.active).toEqual([]);
    expect(second?.active).toEqual([{ program: "other-mail", action: "mail", since: first?.time }]);
  });

  it("holds over a restart", async () => {
    const programs = { [TINY_PROGRAM]: capped("caps: [{ scope: user, max: 1, per: 30d }]") };
    await using before = await start(programs);
    await before.putFeatures(TINY_USER, "u");
    expect(await ask(before, "u")).toMatchObject({ action: "mail" });
    await before.shutDown();
    await using after = await startTestService({
      programs,
      environment: { MODELS_DIR: models.path, DATA_DIR: before.dataDir },
    });
    expect(await ask(after, "u")).toMatchObject({ action: "no_offer" });
  });
});

describe("when what was offered before is not known", () => {
  it("a program with caps offers nothing, and one without goes on", async () => {
    await using service = await start(
      { [TINY_PROGRAM]: capped(byUser), "free-mail": capped("", "free-mail") },
      redis.url,
    );
    await service.putFeatures(TINY_USER, "poisoned");
    const operator = new Redis(redis.url);
    await operator.set("liftgate:{poisoned}:user-history", "poison");
    operator.disconnect();
    expect(await ask(service, "poisoned", { explain: true })).toMatchObject({
      action: "no_offer",
      status: "safe_default",
      explanation: [{}, { excluded: "unavailable" }, { excluded: "unavailable" }],
    });
    expect((await service.decide({ programId: "free-mail", userId: "poisoned", features: NEWBIE })).json).toMatchObject(
      {
        action: "mail",
        status: "normal",
      },
    );
    const { text } = await service.call("GET", "/metrics");
    expect(text).toMatch(/liftgate_decision_troubles_total\{code="cap_store_unavailable"\} [1-9]/);
  });
});

it("a decision that could not be logged gives its place under the cap back", async () => {
  await using service = await start({ [TINY_PROGRAM]: capped("caps: [{ scope: user, max: 1, per: 30d }]") });
  await service.putFeatures(TINY_USER, "u");
  const log = join(service.dataDir, "decisions");
  await writeFile(log, "a file where the log's directory should be");
  expect((await service.decide({ programId: TINY_PROGRAM, userId: "u", features: NEWBIE })).status).toBe(503);
  await rm(log);
  expect(await ask(service, "u")).toMatchObject({ action: "mail" });
});

describe("a request that comes to no offer leaves the cap as it was", () => {
  it.each(["embedded", "Redis"])("with %s stores", async (stores) => {
    const programs = { [TINY_PROGRAM]: capped("caps: [{ scope: user, max: 1, per: 30d }]") };
    await using service = await start(programs, stores === "Redis" ? redis.url : undefined);
    const userId = `nobody-${stores}`;
    expect(await ask(service, userId)).toMatchObject({ action: "no_offer", status: "degraded_features" });
    await service.putFeatures(TINY_USER, userId);
    // Refused before the past is known, alone and side by side: a place is left when it is there, not before.
    const refused = () => service.decide({ programId: TINY_PROGRAM, userId, features: { stranger: 1 } });
    for (const answer of [await refused(), ...(await Promise.all(Array.from({ length: 8 }, refused)))])
      expect(answer).toMatchObject({ status: 422, json: { code: "unknown_feature" } });
    expect(await ask(service, userId)).toMatchObject({ action: "mail", status: "normal" });
    expect(await ask(service, userId)).toMatchObject({ action: "no_offer", propensity: 1 });
  });
});

it("decisions for which a model is missing leave the cap as it was, though they do not wait for the past", async () => {
  const own = await tinyModels();
  onTestFinished(() => own.remove());
  const programs = { [TINY_PROGRAM]: capped("caps: [{ scope: user, max: 1, per: 30d }]") };
  const environment = { MODELS_DIR: own.path, REDIS_URL: redis.url };
  await using service = await startTestService({ programs, environment });
  await service.putFeatures(TINY_USER, "unscored");
  await own.drop(TINY);
  await service.call("POST", "/v1/reload");
  for (const answer of await Promise.all(Array.from({ length: 8 }, () => ask(service, "unscored"))))
    expect(answer).toMatchObject({ action: "no_offer", status: "safe_default" });
  await own.add(TINY_DIRECTORY, TINY);
  await service.call("POST", "/v1/reload");
  expect(await ask(service, "unscored")).toMatchObject({ action: "mail", status: "normal" });
});
