/** Two replicas whose Redis goes away and comes back, and what callers with a requestId are told meanwhile. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { DecideAnswer } from "../../src/contract/decide.ts";
import { Record } from "../../src/contract/record.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";
import { linesOf } from "../support/promised-outcomes.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { Replica } from "../support/replica.ts";
import { startTestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const EVEN = TINY_YAML.replace("strategy: greedy", "strategy: epsilon, epsilon: 1");
/** Lives of a process, on a busy machine. */
const LONG = { timeout: 120_000 };
const SOON = { timeout: 10_000 };
const SHARED = "\nliftgate_feature_store_up 1\n";

let models: ModelsDirectory;
beforeAll(async () => {
  models = await tinyModels();
});
afterAll(() => models.remove());

async function twoReplicas(retries: "available" | "exact") {
  const redis = await startRedisServer(["--appendonly", "yes", "--appendfsync", "always"]);
  onTestFinished(() => redis.stop());
  const start = async () => {
    const environment = { MODELS_DIR: models.path, REDIS_URL: redis.url, RETRIES: retries };
    const service = await startTestService({ programs: { [TINY_PROGRAM]: EVEN }, environment });
    onTestFinished(() => service.stop());
    return service;
  };
  const [one, other] = [await start(), await start()];
  await one.putFeatures(TINY_USER, "u");
  const back = async () => {
    await redis.restart();
    for (const service of [one, other]) {
      await expect.poll(async () => (await service.call("GET", "/metrics")).text, SOON).toContain(SHARED);
    }
  };
  return { redis, one, other, back };
}

const bodyOf = (requestId: string) => ({
  programId: TINY_PROGRAM,
  userId: "u",
  requestId,
  features: { newbie: false },
});

test("available: what one replica told while Redis was down the other repeats once it is back", async () => {
  const { redis, one, other, back } = await twoReplicas("available");
  await redis.kill();
  const ids = Array.from({ length: 20 }, (_, i) => `alone-${i}`);
  const told = await Promise.all(ids.map((id) => one.decide(bodyOf(id))));
  expect(told.map(({ status }) => status)).toEqual(ids.map(() => 200));
  await back();
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  const keys = ids.map((id) => `liftgate:answers:local|${TINY_PROGRAM}|${id}`);
  await expect.poll(() => client.exists(...keys), SOON).toBe(ids.length);
  for (const [i, id] of ids.entries()) expect((await other.decide(bodyOf(id))).text).toBe(told[i]?.text);
  expect(await other.records()).toHaveLength(0);
});

test("exact: a requestId is refused with a fallback while Redis is down, and nothing is logged for it", async () => {
  const { redis, one, other, back } = await twoReplicas("exact");
  const before = await one.decide(bodyOf("before"));
  await redis.kill();
  const refused = await one.decide(bodyOf("during"));
  expect(refused).toMatchObject({
    status: 503,
    json: { code: "answer_store_unavailable", fallback: { action: "no_offer" } },
  });
  expect(refused.headers.get("retry-after")).not.toBeNull();
  expect(await one.records()).toHaveLength(1);

  expect((await one.decide(bodyOf("before"))).text).toBe(before.text);
  const { requestId: _, ...anonymous } = bodyOf("during");
  expect(DecideAnswer.parse((await one.decide(anonymous)).json).action).toBe("no_offer");
  const batch = await one.call("POST", "/v1/decide/batch", { body: { requests: [bodyOf("during"), anonymous] } });
  expect(batch.json).toMatchObject({ results: [{ status: 503 }, { status: 200 }] });

  await back();
  const told = await other.decide(bodyOf("during"));
  expect(told.status).toBe(200);
  expect((await one.decide(bodyOf("during"))).text).toBe(told.text);
});

test("available: what was told alone stands though the replica is killed the moment it is told", LONG, async () => {
  const redis = await startRedisServer();
  const programs = await temporaryFolder();
  await writeFile(join(programs, `${TINY_PROGRAM}.yaml`), EVEN);
  const environment = { MODELS_DIR: models.path, PROGRAMS_DIR: programs, REDIS_URL: redis.url };
  const replica = new Replica(join(await temporaryFolder(), "data"), environment);
  onTestFinished(() => redis.stop());
  onTestFinished(() => replica.drop());
  const ask = async () => {
    const [url, body] = [await replica.url, JSON.stringify(bodyOf("killed"))];
    const headers = { "content-type": "application/json" };
    return await fetch(`${url}/v1/decide`, { method: "POST", headers, body });
  };
  await replica.url;
  await redis.kill();
  const told = await (await ask()).text();
  await replica.kill();

  let fingerprint = "";
  for await (const line of linesOf(replica.dataDir, "decisions"))
    fingerprint = Record.parse(line).question?.fingerprint ?? "";
  await redis.restart();
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  const others = told.replace(/"decisionId":"[0-9a-f-]+"/, '"decisionId":"019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11"');
  await client.set(`liftgate:answers:local|${TINY_PROGRAM}|killed`, `a${fingerprint} ${others}`);
  const metrics = async () => await (await fetch(`${await replica.url}/metrics`)).text();
  await expect.poll(metrics, SOON).toContain(SHARED);
  expect(await (await ask()).text()).toBe(told);
});
