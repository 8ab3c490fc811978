/** A replica whose folder is lost holds up a recovery until an operator writes its lease off. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openRedis } from "../../src/adapters/redis/connection.ts";
import { RedisLedger } from "../../src/adapters/redis/ledger/ledger.ts";
import { BudgetAnswer } from "../../src/contract/budget.ts";
import { syncOf, termsOf } from "../contracts/ledger.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { expectProblem } from "../support/refusal.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

/** A fiftieth, 0.08, is the most that an offer without a maxCost may take: so much a replica holds at least. */
const BUDGET = "budget: { amount: 4, period: { every: year, timezone: UTC }, reserve: expected, epoch: 1s }\n";
const WRITE_OFFS = `/v1/budgets/${TINY_PROGRAM}/write-offs`;
/** Its life before the one that is lost left nothing open. */
const LOST = { replica: "lost", life: 2 };

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

async function reportOnce(service: TestService, wished: (budget: BudgetAnswer) => boolean): Promise<BudgetAnswer> {
  for (;;) {
    const report = BudgetAnswer.parse((await service.call("GET", `/v1/budgets/${TINY_PROGRAM}`)).json);
    if (wished(report)) return report;
  }
}

test("the lease of a replica that is lost ends by an operator's word, and the budget pays again", async () => {
  const environment = { MODELS_DIR: models.path, REDIS_URL: redis.url };
  await using service = await startTestService({ programs: { [TINY_PROGRAM]: TINY_YAML + BUDGET }, environment });
  const { period } = await reportOnce(service, ({ state }) => state === "paying");
  const account = { budget: TINY_PROGRAM, period: period?.id ?? "" };
  const connection = await openRedis({
    url: redis.url,
    timeoutMs: 250,
    now: () => performance.now(),
    onState: () => undefined,
  });
  onTestFinished(() => connection.close());
  const ledger = new RedisLedger({ connection, replicasToConfirm: 0, confirmMs: 100 });
  const asked = syncOf(LOST, { account, terms: termsOf(4_000_000), want: 1_500_000 });
  expect(await ledger.sync(asked)).toMatchObject({ kind: "synced", granted: 1_500_000 });

  const operator = new Redis(redis.url);
  onTestFinished(() => operator.disconnect());
  await operator.hset(`liftgate:{${account.budget}}:ledger:${account.period}`, "run", "another");
  const waiting = await reportOnce(service, ({ state, awaited }) => state === "recovering" && awaited.length === 1);
  expect(waiting).toMatchObject({ awaited: ["lost/2"], leased: 1.58 });
  expect(waiting.holders).toContain("lost/2");

  const written = await service.call("POST", WRITE_OFFS, { body: { lease: "lost/2" } });
  expect([written.status, written.json]).toEqual([200, { returned: 1.5 }]);
  const paying = await reportOnce(service, ({ state }) => state === "paying");
  expect(paying).toMatchObject({ leased: 0.08, available: 3.92, awaited: [] });
  expect((await service.call("POST", WRITE_OFFS, { body: { lease: "lost/2" } })).json).toEqual({ returned: 0 });
  expect(await ledger.sync({ ...asked, turn: 2 })).toMatchObject({ kind: "fenced" });
});

test("what is no lease, no budget and no ledger is said", async () => {
  const environment = { MODELS_DIR: models.path, REDIS_URL: redis.url };
  const programs = { [TINY_PROGRAM]: TINY_YAML + BUDGET, free: TINY_YAML.replace(TINY_PROGRAM, "free") };
  await using service = await startTestService({ programs, environment });
  const refused = async (address: string, lease: string) =>
    (await service.call("POST", address, { body: { lease } })).text;
  expectProblem(await refused(WRITE_OFFS, "lost"), "invalid_request");
  expectProblem(await refused("/v1/budgets/free/write-offs", "lost/2"), "unknown_budget");
  expectProblem(await refused("/v1/budgets/nowhere/write-offs", "lost/2"), "unknown_program");
  await redis.stop();
  expectProblem(await refused(WRITE_OFFS, "lost/2"), "ledger_unavailable");
});
