/** Outcomes as callers send them, with the money they settle, and retries that outlive the process. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments } from "../../src/adapters/file/segment-name.ts";
import { BudgetAnswer } from "../../src/contract/budget.ts";
import { OutcomeLine } from "../../src/contract/outcome-record.ts";
import { type OutcomeRequest, OutcomesAnswer } from "../../src/contract/outcomes.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

/** Every offer holds half a euro, of which a tenth is owed whatever happens. */
const FUNDED = TINY_YAML.replaceAll("fixedCost: 0,", "fixedCost: 0.1, maxCost: 0.5,")
  .replace("strategy: greedy", "strategy: epsilon, epsilon: 1")
  .concat("budget: { amount: 100, period: { every: year, timezone: UTC }, reserve: max, epoch: 1s }\n");
const BODY = { programId: TINY_PROGRAM, userId: "u", requestId: "once", features: { newbie: false }, explain: true };
/** Far more than it takes until there is money. */
const CALLS_MAX = 20_000;
const UNKNOWN = "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11";

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

async function service(environment: Readonly<Record<string, string>> = {}): Promise<TestService> {
  const started = await startTestService({
    programs: { [TINY_PROGRAM]: FUNDED },
    environment: { MODELS_DIR: models.path, ...environment },
  });
  return started;
}

interface Decided {
  readonly decisionId: string;
  readonly action: string;
}

/** A decision that holds money, or one that does not. */
async function decidedWith(on: TestService, wanted: "offer" | "no_offer"): Promise<Decided> {
  await on.putFeatures(TINY_USER, "u");
  for (let calls = 0; calls < CALLS_MAX; calls++) {
    const { json, status, text } = await on.decide({ ...BODY, requestId: undefined });
    if (status !== 200) throw new Error(text);
    const decided = json as Decided;
    if ((decided.action === "no_offer") === (wanted === "no_offer")) return decided;
  }
  throw new Error(`no ${wanted} in ${CALLS_MAX} calls`);
}

const now = () => new Date().toISOString();
const send = (on: TestService, ...outcomes: readonly object[]) =>
  on.call("POST", "/v1/outcomes", { body: { outcomes } });
const budgetOf = async (on: TestService) =>
  BudgetAnswer.parse((await on.call("GET", `/v1/budgets/${TINY_PROGRAM}`)).json);

async function outcomeLines(on: TestService) {
  const lines = [];
  const segments = await listSegments(join(on.dataDir, "outcomes"), "outcomes");
  for await (const entry of readSegments(segments.map(({ path }) => path))) {
    if (entry.kind === "record") lines.push(OutcomeLine.parse(entry.record));
  }
  return lines;
}

describe.each(["embedded", "Redis"])("outcomes, with %s stores", (stores) => {
  const open = () => service(stores === "Redis" ? { REDIS_URL: redis.url } : {});

  it("are logged, answered one by one, and count once", async () => {
    await using on = await open();
    const { decisionId } = await decidedWith(on, "offer");
    const reward = { outcomeId: `r-${stores}`, decisionId, type: "reward", value: 3, head: "visit", occurredAt: now() };
    const stranger = { outcomeId: `s-${stores}`, decisionId: UNKNOWN, type: "exposure", occurredAt: now() };
    const first = await send(on, reward, stranger);
    expect(first.status).toBe(202);
    expect(OutcomesAnswer.parse(first.json)).toMatchObject({ accepted: 1, unknown: 1, duplicates: 0, refused: 0 });
    const second = await send(on, reward, stranger);
    expect(OutcomesAnswer.parse(second.json)).toMatchObject({ accepted: 0, unknown: 0, duplicates: 2, refused: 0 });
    expect((await outcomeLines(on)).map(({ outcomeId, head }) => [outcomeId, head])).toEqual([
      [`r-${stores}`, "visit"],
      [`s-${stores}`, null],
    ]);
  });

  it("settle the money that is held, and a void returns it", async () => {
    await using on = await open();
    const before = await budgetOf(on);
    const redeemed = await decidedWith(on, "offer");
    const voided = await decidedWith(on, "offer");
    const at = { occurredAt: now() };
    await send(
      on,
      { outcomeId: `a-${stores}`, decisionId: redeemed.decisionId, type: "redemption", cost: 0.25, value: 20, ...at },
      { outcomeId: `b-${stores}`, decisionId: voided.decisionId, type: "void", ...at },
    );
    await expect
      .poll(async () => (await budgetOf(on)).settled - before.settled, { timeout: 10_000 })
      .toBeCloseTo(0.35, 9);
    const metrics = (await on.call("GET", "/metrics")).text;
    expect(metrics).toMatch(/liftgate_outcomes_total\{type="redemption",result="accepted"\} 1\n/);
    expect(metrics).toMatch(
      new RegExp(`liftgate_settlements_total\\{budget="${TINY_PROGRAM}",result="(voided|early)"\\} [12]\\n`),
    );
  });
});

describe("outcomes", () => {
  let on: TestService;
  beforeAll(async () => {
    on = await service();
  });
  afterAll(() => on.stop());

  const refusedOf = async (changed: Partial<OutcomeRequest> | object) =>
    await send(on, { outcomeId: "x", decisionId: UNKNOWN, type: "reward", value: 1, occurredAt: now(), ...changed });

  it.each([
    [{ type: "reward", value: undefined }, "outcomes[0].value"],
    [{ type: "redemption" }, "outcomes[0].cost"],
    [{ type: "redemption", cost: -1 }, "outcomes[0].cost"],
    [{ type: "redemption", cost: 0.000_000_1 }, "outcomes[0].cost"],
    [{ type: "exposure" }, "outcomes[0].value"],
    [{ cost: 1 }, "outcomes[0].cost"],
    [{ action: "a" }, "outcomes[0].action"],
    [{ type: "void", value: undefined, head: "visit" }, "outcomes[0].head"],
    [{ value: 1e10 }, "outcomes[0].value"],
    [{ occurredAt: "yesterday" }, "outcomes[0].occurredAt"],
    [{ decisionId: "d" }, "outcomes[0].decisionId"],
    [{ propensity: 1 }, "outcomes[0]"],
  ])("of a wrong form are refused with the place: %j", async (changed, path) => {
    const { status, json } = await refusedOf(changed);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "invalid_request", errors: [{ path }] });
  });

  it("are told apart from others under the same id: 409 when it is alone, its own result in a batch", async () => {
    const one = { outcomeId: "same", decisionId: UNKNOWN, type: "reward", value: 1, occurredAt: now() };
    await send(on, one);
    const alone = await send(on, { ...one, value: 2 });
    expect(alone.status).toBe(409);
    expect(alone.json).toMatchObject({ code: "outcome_conflict", errors: [{ path: "outcomes[0]" }] });
    const batch = await send(on, { ...one, value: 2 }, { ...one, outcomeId: "another" });
    expect(batch.status).toBe(202);
    expect(batch.json).toMatchObject({ unknown: 1, refused: 1, results: [{ code: "outcome_conflict" }, {}] });
  });

  it("that have not happened yet are refused", async () => {
    const { status, json } = await refusedOf({ occurredAt: "9999-01-01T00:00:00Z" });
    expect(status).toBe(422);
    expect(json).toMatchObject({ code: "outcome_in_future" });
  });

  it("of users who were to get nothing show contamination", async () => {
    const control = await decidedWith(on, "no_offer");
    await send(on, {
      outcomeId: "c",
      decisionId: control.decisionId,
      type: "exposure",
      action: "voucher",
      occurredAt: now(),
    });
    const metrics = (await on.call("GET", "/metrics")).text;
    expect(metrics).toMatch(
      new RegExp(`liftgate_exposures_total\\{program="${TINY_PROGRAM}",treatment="contaminated"\\} 1\\n`),
    );
  });
});

describe("a process that follows another over the same folder", () => {
  it("answers retries with the same bytes, refuses other questions, and knows the outcomes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "liftgate-restart-"));
    const environment = { DATA_DIR: folder };
    const before = await service(environment);
    await before.putFeatures(TINY_USER, "u");
    const first = await before.decide(BODY);
    const { decisionId } = first.json as Decided;
    const reward = { outcomeId: "o", decisionId, type: "reward", value: 1, occurredAt: now() };
    expect((await send(before, reward)).json).toMatchObject({ accepted: 1 });
    await before.stop();

    const after = await service(environment);
    await after.putFeatures({ ...TINY_USER, x: 0 }, "u");
    const again = await after.decide(BODY);
    expect(again.text).toBe(first.text);
    expect((await after.decide({ ...BODY, userId: "v" })).status).toBe(422);
    expect((await send(after, reward)).json).toMatchObject({ duplicates: 1 });
    expect((await send(after, { ...reward, outcomeId: "o2" })).json).toMatchObject({ accepted: 1, unknown: 0 });
    expect((await after.records()).filter(({ requestId }) => requestId === "once")).toHaveLength(1);
    await after.stop();
    await rm(folder, { recursive: true });
  });
});
