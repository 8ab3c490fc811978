/** Programs that decide and offer nothing: log-only, and shadows of another program. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replayAll } from "../../src/cli/replay.ts";
import { composeReplay } from "../../src/compose/offline.ts";
import { ProgramEntry } from "../../src/contract/catalog.ts";
import { DecideAnswer } from "../../src/contract/decide.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { readConfig } from "../../src/ops/config.ts";
import { makeDecision } from "../../src/service/make-decision.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { expectProblem } from "../support/refusal.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { MAIL_COST, MAIL_VALUE, TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const SHADOW = "tiny-shadow";
const BUDGET = "budget: { amount: 100, period: { every: year, timezone: UTC }, reserve: expected, epoch: 1s }\n";

let models: ModelsDirectory;
beforeAll(async () => {
  models = await tinyModels();
});
afterAll(() => models.remove());

/** The tiny program as a candidate that draws evenly, where the incumbent always gives `mail`. */
const shadowYaml = TINY_YAML.replace(TINY_PROGRAM, SHADOW)
  .replace("state: live", `state: shadow\nshadows: ${TINY_PROGRAM}`)
  .replace("strategy: greedy", "strategy: epsilon, epsilon: 1");

async function start(programs: Readonly<Record<string, string>>): Promise<TestService> {
  const service = await startTestService({ programs, environment: { MODELS_DIR: models.path } });
  await service.putFeatures(TINY_USER, "u");
  return service;
}

async function ask(service: TestService, parts: object = {}): Promise<DecideAnswer> {
  const question = { programId: TINY_PROGRAM, userId: "u", features: { newbie: false }, ...parts };
  return DecideAnswer.parse((await service.decide(question)).json);
}

async function expectReplays(service: TestService): Promise<void> {
  const records = await service.records();
  await service.shutDown();
  const config = readConfig({ DATA_DIR: service.dataDir });
  const report = await replayAll(composeReplay(config), await service.segments());
  expect(report).toMatchObject({ identical: records.length, different: 0 });
}

const isShadow = ({ mode }: DecisionRecord) => mode === "shadow";

describe("a program in log-only", () => {
  it("serves no_offer with propensity 1, and logs what it would have judged", async () => {
    await using service = await start({ [TINY_PROGRAM]: TINY_YAML.replace("state: live", "state: log-only") });
    expect(await ask(service, { explain: true })).toMatchObject({
      action: "no_offer",
      propensity: 1,
      mode: "log-only",
      status: "normal",
      explanation: [{ probability: 1 }, { action: "mail", value: MAIL_VALUE, probability: 0 }, { pruned: "no_value" }],
    });
    const [record] = await service.records();
    expect(record).toMatchObject({
      mode: "log-only",
      incumbent: null,
      action: "no_offer",
      realizedAction: "no_offer",
      override: null,
      reservation: null,
    });
    expect(record?.candidates[1]).toMatchObject({
      value: MAIL_VALUE,
      cost: MAIL_COST,
      net: MAIL_VALUE,
      excluded: null,
      pruned: null,
      inArm: 0,
      p: 0,
    });
    const told = (await service.call("GET", `/v1/decisions/${record?.decisionId}`)).json;
    expect(told).toMatchObject({
      explanation: [{ chosen: true }, { because: expect.stringContaining("log-only") }, {}],
    });
    await expectReplays(service);
  });

  it("takes no money and no place under a cap: what it logs is not counted when it goes live", async () => {
    const capped = TINY_YAML.concat("caps: [{ scope: user, max: 1, per: 30d }]\n", BUDGET);
    await using service = await start({ [TINY_PROGRAM]: capped.replace("state: live", "state: log-only") });
    for (let i = 0; i < 3; i++) await ask(service);
    for (const record of await service.records()) {
      expect(record).toMatchObject({ availableMicros: null, closed: null, pacing: { lambda: 0 }, reservation: null });
    }
    const unfunded = capped.replace("version: 1", "version: 2").replace(BUDGET, "");
    await writeFile(join(service.programsDir, `${TINY_PROGRAM}.yaml`), unfunded);
    expect((await service.call("POST", "/v1/reload")).status).toBe(200);
    expect(await ask(service)).toMatchObject({ action: "mail", mode: "live" });
    expect(await ask(service)).toMatchObject({ action: "no_offer", propensity: 1 });
  });

  it("plans nothing in a batch allocation", async () => {
    await using service = await start({ [TINY_PROGRAM]: TINY_YAML.replace("state: live", "state: log-only") });
    const body = { programId: TINY_PROGRAM, budget: 10, users: [{ userId: "u", features: { newbie: false } }] };
    expect((await service.call("POST", "/v1/allocate", { body })).json).toMatchObject({ assignments: [], spend: 0 });
  });
});

describe("a shadow", () => {
  it("is decided and logged along with every decision of its incumbent, and never served", async () => {
    await using service = await start({ [TINY_PROGRAM]: TINY_YAML, [SHADOW]: shadowYaml });
    const requestIds = Array.from({ length: 30 }, (_, i) => `r${i}`);
    for (const requestId of requestIds) {
      expect(await ask(service, { requestId })).toMatchObject({ action: "mail", propensity: 1, mode: "live" });
    }
    // A retry is answered, and decided by nobody again.
    await ask(service, { requestId: "r0" });

    const records = await service.records();
    const shadows = records.filter(isShadow);
    const incumbents = records.filter((record) => !isShadow(record));
    expect([shadows.length, incumbents.length]).toEqual([30, 30]);
    expect(new Set(records.map(({ decisionId }) => decisionId)).size).toBe(60);
    for (const incumbent of incumbents) {
      const { decisionId, requestId, user, unit, time, features, facts } = incumbent;
      expect(incumbent.incumbent).toBeNull();
      const shadow = shadows.find((record) => record.incumbent === decisionId);
      expect(shadow).toMatchObject({ requestId, user, unit, time, features, facts, status: "normal" });
      expect(shadow).toMatchObject({
        program: { id: SHADOW },
        propensity: 0.5,
        realizedAction: "mail",
        override: null,
        reservation: null,
      });
      expect(shadow?.candidates.map(({ p }) => p)).toEqual([0.5, 0.5, 0]);
    }
    // It draws by itself: with its own luck, and not what it was that the incumbent gave.
    expect(new Set(shadows.map(({ action }) => action))).toEqual(new Set(["mail", "no_offer"]));
    const { text } = await service.call("GET", "/metrics");
    expect(text).toContain(`liftgate_decisions_total{program="${SHADOW}",action="mail",arm="policy",status="normal"}`);
    await expectReplays(service);
  });

  it("answers nobody itself, and is listed with its incumbent", async () => {
    await using service = await start({ [TINY_PROGRAM]: TINY_YAML, [SHADOW]: shadowYaml });
    expectProblem((await service.decide({ programId: SHADOW, userId: "u" })).text, "shadow_program");
    expect(await service.records()).toEqual([]);
    const entry = ProgramEntry.parse((await service.call("GET", `/v1/programs/${SHADOW}`)).json);
    expect(entry).toMatchObject({ state: "shadow", shadows: TINY_PROGRAM });
  });

  it("of a program that is paused is silent: nobody is looked at", async () => {
    const paused = TINY_YAML.replace("state: live", "state: paused");
    await using service = await start({ [TINY_PROGRAM]: paused, [SHADOW]: shadowYaml });
    await ask(service);
    expect((await service.records()).map(({ mode }) => mode)).toEqual(["paused"]);
  });

  it("has its caps count what the incumbent gave, and takes no place itself", async () => {
    const caps = "caps: [{ scope: user, max: 2, per: 30d }]\n";
    await using service = await start({
      [TINY_PROGRAM]: TINY_YAML.concat("caps: [{ scope: user, max: 3, per: 30d }]\n"),
      [SHADOW]: shadowYaml.replace("epsilon, epsilon: 1", "greedy").concat(caps),
    });
    for (let i = 0; i < 4; i++) await ask(service);
    const actionsOf = (records: readonly DecisionRecord[]) => records.map(({ action }) => action);
    const records = await service.records();
    expect(actionsOf(records.filter((record) => !isShadow(record)))).toEqual(["mail", "mail", "mail", "no_offer"]);
    expect(actionsOf(records.filter(isShadow))).toEqual(["mail", "mail", "no_offer", "no_offer"]);
    await expectReplays(service);
  });

  it("decides at the prices of its pool, and is not limited by what is in it", async () => {
    await using service = await start({
      [TINY_PROGRAM]: TINY_YAML.concat(BUDGET),
      [SHADOW]: shadowYaml.concat(`budget: { pool: ${TINY_PROGRAM}, reserve: expected }\n`),
    });
    await ask(service);
    const records = await service.records();
    const shadow = records.find(isShadow);
    const incumbent = records.find((record) => !isShadow(record));
    expect(shadow).toMatchObject({ availableMicros: null, closed: null, reservation: null });
    expect(shadow?.pacing).toEqual(incumbent?.pacing);
    expect(shadow?.pacing.lambda).toBeGreaterThan(0);
  });

  it("that fails is counted, and the incumbent's answer and record are there", async () => {
    await using service = await start({ [TINY_PROGRAM]: TINY_YAML, [SHADOW]: shadowYaml });
    const { decisions } = service.composition.backend;
    let ids = 0;
    const newId = () => {
      if (ids++ > 0) throw new Error("no more ids");
      return decisions.newId();
    };
    const question = { programId: TINY_PROGRAM, userId: "u", requestId: "r", features: { newbie: false } };
    const alone = { question: null, claims: [] };
    expect(await makeDecision({ ...decisions, newId }, question, alone)).toMatchObject({ action: "mail" });
    expect((await service.records()).map(({ mode }) => mode)).toEqual(["live"]);
    const { text } = await service.call("GET", "/metrics");
    expect(text).toContain(`liftgate_shadow_failures_total{program="${SHADOW}"} 1`);
  });

  it("whose model is not there is decided as safe_default, and the incumbent as ever", async () => {
    const lacking = shadowYaml.replace("model: tiny@1", "model: tiny@9");
    await using service = await start({ [TINY_PROGRAM]: TINY_YAML, [SHADOW]: lacking });
    expect(await ask(service)).toMatchObject({ action: "mail", status: "normal" });
    expect((await service.records()).map(({ mode, status }) => [mode, status])).toEqual([
      ["live", "normal"],
      ["shadow", "safe_default"],
    ]);
  });
});
