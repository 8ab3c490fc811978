/** Offers that turn out dearer than predicted: told as outcomes, charged to the offers of the days that follow. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { composeReplay } from "../../src/compose/offline.ts";
import { replayAll } from "../../src/cli/replay.ts";
import { BudgetAnswer } from "../../src/contract/budget.ts";
import { readConfig } from "../../src/ops/config.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { MAIL_COST, TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const DAY_MS = 86_400_000;
const FIXED = 0.1;
/** c of every offer. */
const COST = MAIL_COST + FIXED;
const OFFERS = 150;
/** Far more than it takes. */
const CALLS_MAX = 20_000;
const FUNDED = TINY_YAML.replaceAll("fixedCost: 0,", `fixedCost: ${FIXED}, maxCost: 0.5,`)
  .replace("strategy: greedy", "strategy: epsilon, epsilon: 1")
  .concat("budget: { amount: 10000, period: { every: year, timezone: UTC }, reserve: expected, epoch: 1s }\n");

let models: ModelsDirectory;

beforeAll(async () => {
  models = await tinyModels();
});
afterAll(() => models.remove());
afterEach(() => {
  vi.restoreAllMocks();
});

/** Of the wall clock, which may be moved; what is measured by the monotonic one goes on. */
function movableClock(): { aheadMs: number } {
  const clock = { aheadMs: 0 };
  const now = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => now() + clock.aheadMs);
  return clock;
}

async function decided(on: TestService): Promise<{ readonly decisionId: string; readonly action: string }> {
  const { status, json, text } = await on.decide({
    programId: TINY_PROGRAM,
    userId: "u",
    features: { newbie: false },
    explain: true,
  });
  if (status !== 200) throw new Error(text);
  return json as { readonly decisionId: string; readonly action: string };
}

/** So many offers, each redeemed at once: with the fixed part it costs twice what was predicted. */
async function redeemTwiceAsDear(on: TestService, offers: number): Promise<void> {
  const outcomes: object[] = [];
  for (let calls = 0; calls < CALLS_MAX && outcomes.length < offers; calls++) {
    const { decisionId, action } = await decided(on);
    if (action === "no_offer") continue;
    const occurredAt = new Date(Date.now()).toISOString();
    outcomes.push({ outcomeId: decisionId, decisionId, type: "redemption", cost: 2 * COST - FIXED, occurredAt });
  }
  for (let from = 0; from < outcomes.length; from += 50) {
    const { status, text } = await on.call("POST", "/v1/outcomes", {
      body: { outcomes: outcomes.slice(from, from + 50) },
    });
    expect([status, text]).toEqual([202, expect.stringContaining('"accepted":50')]);
  }
}

const budgetOf = async (on: TestService) =>
  BudgetAnswer.parse((await on.call("GET", `/v1/budgets/${TINY_PROGRAM}`)).json);

it("offers are charged what those before them really cost, say so, and are replayed bit for bit", async () => {
  const clock = movableClock();
  await using on = await startTestService({
    programs: { [TINY_PROGRAM]: FUNDED },
    environment: { MODELS_DIR: models.path },
  });
  await on.putFeatures(TINY_USER, "u");
  await redeemTwiceAsDear(on, OFFERS);
  expect((await budgetOf(on)).costs).toBeNull();

  clock.aheadMs = 2 * DAY_MS;
  await on.putFeatures(TINY_USER, "u");
  await expect.poll(async () => (await budgetOf(on)).costs, { timeout: 20_000 }).not.toBeNull();
  let charged = await decided(on);
  for (let calls = 0; calls < CALLS_MAX && charged.action === "no_offer"; calls++) charged = await decided(on);

  const { costs } = await budgetOf(on);
  const [mail] = costs?.actions ?? [];
  expect(costs?.actions).toHaveLength(1);
  expect(mail).toMatchObject({ program: TINY_PROGRAM, action: "mail", offers: OFFERS, redemptions: OFFERS });
  expect(mail?.predicted).toBeCloseTo(OFFERS * COST, 6);
  expect(mail?.realized).toBeCloseTo(2 * OFFERS * COST, 6);
  expect(mail?.bias).toBeGreaterThan(1.5);
  expect(mail?.bias).toBeLessThan(2);

  const records = await on.records();
  const { pacing, reservation } = records.find(({ decisionId }) => decisionId === charged.decisionId) ?? {};
  const bias = pacing?.inPeriod?.[1] ?? NaN;
  expect(bias).toBeCloseTo(mail?.bias ?? NaN, 3);
  expect(pacing?.inPeriod).toHaveLength(3);
  expect(reservation?.amountMicros).toBe(Math.round(COST * bias * 1e6));
  expect(records[0]?.pacing.inPeriod).toBeNull();

  const metrics = (await on.call("GET", "/metrics")).text;
  expect(metrics).toContain(
    `liftgate_cost_bias{budget="${TINY_PROGRAM}",program="${TINY_PROGRAM}",action="mail"} ${mail?.bias}`,
  );
  const replay = composeReplay(readConfig({ DATA_DIR: on.dataDir }));
  const { identical, different } = await replayAll(replay, await on.segments());
  expect([identical, different]).toEqual([records.length, 0]);
});

it("an outcome that a start finds in the log is not counted a second time", async () => {
  const clock = movableClock();
  const environment = { MODELS_DIR: models.path };
  await using before = await startTestService({ programs: { [TINY_PROGRAM]: FUNDED }, environment });
  await before.putFeatures(TINY_USER, "u");
  await redeemTwiceAsDear(before, 50);
  await before.shutDown();
  await rm(join(before.dataDir, "index"), { recursive: true });
  await using after = await startTestService({
    programs: { [TINY_PROGRAM]: FUNDED },
    environment: { ...environment, DATA_DIR: before.dataDir },
  });
  clock.aheadMs = 2 * DAY_MS;
  await expect
    .poll(async () => (await budgetOf(after)).costs?.actions[0], { timeout: 20_000 })
    .toMatchObject({
      offers: 50,
      redemptions: 50,
    });
});
