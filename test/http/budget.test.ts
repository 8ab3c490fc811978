/** Budgets as callers meet them: never exceeded, shared, topped up, given back, and every decision replayable. */
import { join } from "node:path";
import { rm, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { composeReplay } from "../../src/compose/offline.ts";
import { replayAll } from "../../src/cli/replay.ts";
import { BudgetAnswer } from "../../src/contract/budget.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { readConfig } from "../../src/ops/config.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const PERIOD = "period: { every: year, timezone: America/New_York }";
/** Each offer holds half a euro, and so many of them are in the budget. */
const OFFERS = 8;
const OWN = `budget: { amount: ${OFFERS / 2}, ${PERIOD}, reserve: max, epoch: 1s }`;
const GROUP = 12;

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

/** The tiny program with a face value of 0.50; it draws evenly, so that it spends at any price. */
function funded(budget: string, { id = TINY_PROGRAM, version = 1 } = {}): string {
  return TINY_YAML.replace(TINY_PROGRAM, id)
    .replace("version: 1", `version: ${version}`)
    .replaceAll("fixedCost: 0,", "fixedCost: 0.1, maxCost: 0.5,")
    .replace("strategy: greedy", "strategy: epsilon, epsilon: 1")
    .concat(`${budget}\n`);
}

async function start(programs: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}) {
  const service = await startTestService({ programs, environment: { MODELS_DIR: models.path, ...environment } });
  await service.putFeatures(TINY_USER, "u");
  return service;
}

async function ask(service: TestService, programId = TINY_PROGRAM): Promise<void> {
  const { status } = await service.decide({ programId, userId: "u", features: { newbie: false } });
  expect(status).toBe(200);
}

async function report(service: TestService, programId = TINY_PROGRAM): Promise<BudgetAnswer> {
  return BudgetAnswer.parse((await service.call("GET", `/v1/budgets/${programId}`)).json);
}

/** Asks, in groups, until the budget is as wished: prices come with the seconds, however many calls are in one. */
async function askUntil(services: readonly TestService[], wished: (budget: BudgetAnswer) => boolean): Promise<void> {
  for (;;) {
    await Promise.all(Array.from({ length: GROUP }, (_, i) => ask(services[i % services.length] as TestService)));
    for (const service of services) if (wished(await report(service))) return;
  }
}

const isSpent = ({ pending, settled }: BudgetAnswer): boolean => pending + settled >= OFFERS / 2;

function offersIn(records: readonly DecisionRecord[]): readonly DecisionRecord[] {
  return records.filter(({ realizedAction }) => realizedAction !== "no_offer");
}

async function expectReplays(service: TestService): Promise<void> {
  const { identical, different } = await replayAll(
    composeReplay(readConfig({ DATA_DIR: service.dataDir })),
    await service.segments(),
  );
  expect([identical > 0, different]).toEqual([true, 0]);
}

describe("a budget", () => {
  it("is spent to the last offer it covers and no further, and says so before the draw", async () => {
    await using service = await start({ [TINY_PROGRAM]: funded(OWN) });
    await askUntil([service], isSpent);
    await ask(service);
    const records = await service.records();
    const offers = offersIn(records);
    expect(offers).toHaveLength(OFFERS);
    expect(offers.map(({ reservation }) => reservation)).toEqual(
      offers.map(({ decisionId, time }) => ({
        id: decisionId,
        account: expect.stringMatching(/^tiny-mail\/\d{4}@America\/New_York$/),
        lease: expect.stringMatching(/^[0-9a-f-]{36}\/1$/),
        amountMicros: 500_000,
        fixedMicros: 100_000,
        exploration: null,
        volumes: [],
        expiresAt: new Date(Date.parse(time) + 86_400_000).toISOString(),
      })),
    );
    const last = records.at(-1);
    expect(last).toMatchObject({ action: "no_offer", propensity: 1, availableMicros: 0, reservation: null });
    expect(last?.candidates.map(({ excluded }) => excluded)).toEqual([null, "budget_exhausted", "budget_exhausted"]);
    expect(await report(service)).toMatchObject({
      state: "paying",
      amount: 4,
      pending: 4,
      available: 0,
      utilisation: 1,
    });
    await expectReplays(service);
  });

  it("is shared by replicas, to the micro", async () => {
    const environment = { REDIS_URL: redis.url };
    await using one = await start({ [TINY_PROGRAM]: funded(OWN) }, environment);
    await using other = await start({ [TINY_PROGRAM]: funded(OWN) }, environment);
    await askUntil([one, other], isSpent);
    const offers = [...offersIn(await one.records()), ...offersIn(await other.records())];
    expect(offers).toHaveLength(OFFERS);
    expect(new Set(offers.map(({ reservation }) => reservation?.lease)).size).toBeLessThanOrEqual(2);
  });

  it("outlives the service, which gives back what it held and did not spend", async () => {
    await using before = await start({ [TINY_PROGRAM]: funded(OWN) });
    await askUntil([before], ({ pending }) => pending > 0);
    await before.shutDown();
    const spent = offersIn(await before.records()).length;
    await using after = await start({ [TINY_PROGRAM]: funded(OWN) }, { DATA_DIR: before.dataDir });
    await askUntil([after], isSpent);
    expect(offersIn(await after.records())).toHaveLength(OFFERS);
    expect(spent).toBeLessThan(OFFERS);
  });

  it("is topped up by a reload, at once, and cut by another", async () => {
    await using service = await start({ [TINY_PROGRAM]: funded(OWN) });
    await askUntil([service], isSpent);
    const declare = async (amount: number, version: number): Promise<void> => {
      const yaml = funded(OWN.replace(`amount: ${OFFERS / 2}`, `amount: ${amount}`), { version });
      await writeFile(join(service.programsDir, `${TINY_PROGRAM}.yaml`), yaml);
      expect((await service.call("POST", "/v1/reload")).status).toBe(200);
    };
    await declare(5, 2);
    await askUntil([service], ({ pending }) => pending === 5);
    await declare(3, 3);
    await askUntil([service], ({ amount }) => amount === 3);
    expect(await report(service)).toMatchObject({ amount: 3, pending: 5, available: -2 });
    expect(offersIn(await service.records())).toHaveLength(10);
    await expectReplays(service);
  });

  it("gives its money back when its program is taken away, and pays again when it is back", async () => {
    await using service = await start({ [TINY_PROGRAM]: funded(OWN) });
    const file = join(service.programsDir, `${TINY_PROGRAM}.yaml`);
    const { budgets } = service.composition.backend;
    await askUntil([service], ({ pending }) => pending > 0);
    const before = offersIn(await service.records()).length;
    await rm(file);
    expect((await service.call("POST", "/v1/reload")).status).toBe(200);
    expect(budgets.report(TINY_PROGRAM)).toBe(null);
    await writeFile(file, funded(OWN));
    expect((await service.call("POST", "/v1/reload")).status).toBe(200);
    await askUntil([service], isSpent);
    expect(before).toBeLessThan(OFFERS);
    expect(offersIn(await service.records())).toHaveLength(OFFERS);
    expect(await report(service)).toMatchObject({ state: "paying", pending: 4, available: 0 });
  });

  it("has new prices in every epoch, also when a reload makes epochs longer", async () => {
    await using service = await start({ [TINY_PROGRAM]: funded(OWN) });
    await askUntil([service], ({ prices }) => prices.epoch > 0);
    const { epoch } = (await report(service)).prices;
    const yaml = funded(OWN.replace("epoch: 1s", "epoch: 2s"), { version: 2 });
    await writeFile(join(service.programsDir, `${TINY_PROGRAM}.yaml`), yaml);
    expect((await service.call("POST", "/v1/reload")).status).toBe(200);
    await askUntil([service], ({ prices }) => prices.epoch > epoch + 2);
  });

  it("is one pool for all programs that draw on it", async () => {
    await using service = await start({
      [TINY_PROGRAM]: funded(OWN),
      "other-mail": funded(`budget: { pool: ${TINY_PROGRAM}, reserve: max }`, { id: "other-mail" }),
    });
    while (!isSpent(await report(service))) await Promise.all([ask(service), ask(service, "other-mail")]);
    expect(await report(service, "other-mail")).toMatchObject({
      programId: "other-mail",
      pool: TINY_PROGRAM,
      pending: 4,
    });
    expect(offersIn(await service.records())).toHaveLength(OFFERS);
  });
});

describe("a limited volume", () => {
  it.each([
    ["of an action", "{ action: mail, max: 3 }", "action_limit"],
    ["of a channel", "{ channel: email, max: 3 }", "channel_limit"],
  ])("%s is never exceeded, and the decision says so before the draw", async (_, limit, reason) => {
    const budget = OWN.replace("amount: 4", `amount: 100, volumes: [${limit}]`);
    await using service = await start({ [TINY_PROGRAM]: funded(budget) });
    await askUntil([service], ({ volumes }) => volumes.every(({ used }) => used === 3));
    await ask(service);
    const records = await service.records();
    expect(offersIn(records)).toHaveLength(3);
    expect(records.at(-1)?.candidates[1]).toMatchObject({ action: "mail", excluded: reason, p: 0 });
    expect(await report(service)).toMatchObject({ volumes: [{ limit: 3, used: 3, available: 0 }], pending: 1.5 });
    await expectReplays(service);
  });
});

describe("reports", () => {
  it("a program without a budget has none, and an unknown program is unknown", async () => {
    await using service = await start({ [TINY_PROGRAM]: TINY_YAML });
    expect((await service.call("GET", `/v1/budgets/${TINY_PROGRAM}`)).status).toBe(404);
    expect((await service.call("GET", "/v1/budgets/nowhere")).json).toMatchObject({ code: "unknown_program" });
    expect((await service.call("GET", `/v1/budgets/${TINY_PROGRAM}`)).json).toMatchObject({ code: "unknown_budget" });
  });

  it("operators see the same figures as metrics", async () => {
    await using service = await start({ [TINY_PROGRAM]: funded(OWN) });
    await askUntil([service], isSpent);
    const metrics = async () => (await service.call("GET", "/metrics")).text;
    while (!(await metrics()).includes('liftgate_budget_pending{budget="tiny-mail"} 4')) await ask(service);
    expect(await metrics()).toMatch(/liftgate_lease_turns_total\{budget="tiny-mail",outcome="synced"\} [1-9]/);
    expect(await metrics()).toContain("liftgate_ledger_up 1");
  });

  it("between its periods a budget pays nothing", async () => {
    const period = "period: { from: '2020-01-01T00:00:00Z', until: '2020-02-01T00:00:00Z' }";
    await using service = await start({ [TINY_PROGRAM]: funded(OWN.replace(PERIOD, period)) });
    await ask(service);
    expect(await report(service)).toMatchObject({ state: "between_periods", period: null });
    expect((await service.records())[0]?.candidates[1]?.excluded).toBe("budget_exhausted");
  });

  it("between its periods not even what costs nothing is offered: nobody would count it", async () => {
    const period = "period: { from: '2020-01-01T00:00:00Z', until: '2020-02-01T00:00:00Z' }";
    const budget = OWN.replace(PERIOD, period).replace("amount:", "volumes: [{ action: mail, max: 1 }], amount:");
    const free = funded(budget).replaceAll("fixedCost: 0.1, maxCost: 0.5,", "fixedCost: 0, maxCost: 0,");
    await using service = await start({ [TINY_PROGRAM]: `${free}evaluation: { share: 1, salt: even }\n` });
    for (let i = 0; i < 5; i++) await ask(service);
    expect(offersIn(await service.records())).toEqual([]);
    await expectReplays(service);
  });
});
