/** The service that ships its log: what is there afterwards, and what operators are told. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openShipping } from "../../src/compose/shipping.ts";
import { readConfig } from "../../src/ops/config.ts";
import { createMetrics } from "../../src/ops/metrics.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { streamed } from "../support/redis-streams.ts";
import { CUSTOMER, PROGRAM, startTestService, type TestService } from "../support/service.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedisServer(["--appendonly", "yes", "--appendfsync", "always"]);
});
afterAll(() => redis.stop());

async function startShipping(prefix: string) {
  const operator = new Redis(redis.url);
  operator.on("error", () => undefined);
  const service = await startTestService({ environment: { SHIP_REDIS_URL: redis.url, SHIP_REDIS_PREFIX: prefix } });
  onTestFinished(async () => {
    operator.disconnect();
    await service.stop();
  });
  const shipped = async () => (await streamed(operator, `${prefix}:decisions`, "decisions")).map(({ line }) => line);
  return { service, shipped };
}

async function decide(service: TestService, count: number): Promise<void> {
  await service.putFeatures(CUSTOMER, "u");
  for (let i = 0; i < count; i++) expect((await service.decide({ programId: PROGRAM, userId: "u" })).status).toBe(200);
}

async function logged(service: TestService): Promise<readonly string[]> {
  return (await service.segments()).flatMap((path) => readFileSync(path, "utf8").split("\n").slice(0, -1));
}

async function metric(service: TestService, name: string): Promise<number> {
  const { text } = await service.call("GET", "/metrics");
  const line = text.split("\n").find((one) => one.startsWith(`${name}{sink="redis",kind="decisions"`));
  return Number(line?.split(" ").at(-1));
}

test("every decision is in the stream as it is in the log, and the metrics say so", async () => {
  const { service, shipped } = await startShipping("live");
  await decide(service, 20);
  await expect.poll(shipped).toHaveLength(20);
  expect(await shipped()).toEqual(await logged(service));
  await expect.poll(() => metric(service, "liftgate_shipped_records_total")).toBe(20);
  expect(await metric(service, "liftgate_shipping_backlog_bytes")).toBe(0);
  // Until it has looked once more there may be more.
  await expect.poll(() => metric(service, "liftgate_shipping_backlog_age_seconds")).toBe(0);
  expect(await metric(service, "liftgate_shipping_failures_total")).toBe(0);
  expect(await metric(service, "liftgate_shipping_last_success_timestamp_seconds")).toBeGreaterThan(1.7e9);
});

test("what was decided last is shipped while the service stops", async () => {
  const { service, shipped } = await startShipping("stopping");
  await decide(service, 5);
  await service.shutDown();
  expect(await shipped()).toEqual(await logged(service));
  const place: unknown = JSON.parse(readFileSync(join(service.dataDir, "shipping", "redis-decisions.json"), "utf8"));
  expect(place).toMatchObject({ offsetBytes: (await logged(service)).join("\n").length + 1 });
});

test("while the sink is down decisions go on, the backlog is seen, and it is gone when the sink is back", async () => {
  const { service, shipped } = await startShipping("down");
  await decide(service, 1);
  await expect.poll(shipped).toHaveLength(1);
  await redis.kill();
  await decide(service, 10);
  await expect.poll(() => metric(service, "liftgate_shipping_failures_total")).toBeGreaterThan(0);
  expect(await metric(service, "liftgate_shipping_backlog_bytes")).toBeGreaterThan(5_000);
  await expect.poll(() => metric(service, "liftgate_shipping_backlog_age_seconds")).toBeGreaterThan(0);
  await redis.restart();
  await expect.poll(() => metric(service, "liftgate_shipping_backlog_bytes"), { timeout: 30_000 }).toBe(0);
  expect([...new Set(await shipped())]).toEqual(await logged(service));
});

test("until something was shipped all segments are needed; without a sink none is needed for shipping", async () => {
  const needed = async (environment: Readonly<Record<string, string>>) => {
    const config = readConfig({ DATA_DIR: await temporaryFolder(), ...environment });
    const shipping = await openShipping(config, { metrics: createMetrics(), logger: pino({ level: "silent" }) });
    const since = [shipping.neededSinceMs("decisions"), shipping.neededSinceMs("outcomes")];
    await shipping.close();
    return since;
  };
  expect(await needed({ SHIP_REDIS_URL: redis.url })).toEqual([0, 0]);
  expect(await needed({})).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
});
