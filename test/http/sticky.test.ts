/** What a user was told holds for a window: drawn once, told again, logged once. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DecideAnswer } from "../../src/contract/decide.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { modelsThatThrow, TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

/** Draws evenly: two draws for one user would differ most of the time. */
const STICKY = `${TINY_YAML.replace("strategy: greedy", "strategy: epsilon, epsilon: 1")}stickiness: { by: user, window: 20h }\n`;
const USERS = Array.from({ length: 40 }, (_, i) => `u${i}`);

let models: ModelsDirectory;
beforeAll(async () => {
  models = await tinyModels();
});
afterAll(() => models.remove());

async function service(yaml = STICKY, environment: Readonly<Record<string, string>> = {}): Promise<TestService> {
  const programs = { [TINY_PROGRAM]: yaml };
  const started = await startTestService({ programs, environment: { MODELS_DIR: models.path, ...environment } });
  await started.putFeatures(TINY_USER, ...USERS);
  return started;
}

async function ask(on: TestService, userId: string, more: object = {}): Promise<DecideAnswer> {
  const { json, text, status } = await on.decide({
    programId: TINY_PROGRAM,
    userId,
    features: { newbie: false },
    ...more,
  });
  if (status !== 200) throw new Error(text);
  return DecideAnswer.parse(json);
}

it("the same decision is told again, under the new request's id, and logged once", async () => {
  await using on = await service();
  for (const user of USERS) {
    const first = await ask(on, user, { requestId: `${user}-1` });
    const second = await ask(on, user, { requestId: `${user}-2` });
    expect(first.sticky).toBeUndefined();
    expect(second).toEqual({ ...first, requestId: `${user}-2`, sticky: true });
  }
  expect(await on.records()).toHaveLength(USERS.length);
  expect(new Set((await on.records()).map(({ action }) => action)).size).toBeGreaterThan(1);
  expect((await on.call("GET", "/metrics")).text).toContain(
    `liftgate_sticky_answers_total{program="${TINY_PROGRAM}"} ${USERS.length}\n`,
  );
});

it("requests that come at once make one decision", async () => {
  await using on = await service();
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => ask(on, "u1", { requestId: `r${i}` })));
  expect(new Set(answers.map(({ decisionId }) => decisionId)).size).toBe(1);
  expect(answers.filter(({ sticky }) => sticky !== true)).toHaveLength(1);
  expect(await on.records()).toHaveLength(1);
});

it("a retry gets its own first answer", async () => {
  await using on = await service();
  const first = await on.decide({ programId: TINY_PROGRAM, userId: "u1", requestId: "a" });
  await ask(on, "u1", { requestId: "b" });
  expect((await on.decide({ programId: TINY_PROGRAM, userId: "u1", requestId: "a" })).text).toBe(first.text);
});

it("is explained to whoever asks, whether the first one asked or not", async () => {
  await using on = await service();
  const plain = await ask(on, "u1");
  const explained = await ask(on, "u1", { explain: true });
  expect(plain.explanation).toBeUndefined();
  expect(explained.explanation?.map(({ action }) => action)).toEqual(["no_offer", "mail", "call"]);
});

it("what is not asked for any more is decided anew", async () => {
  await using on = await service();
  for (const user of USERS) {
    const first = await ask(on, user);
    if (first.action === "no_offer") continue;
    const other = first.action === "mail" ? "call" : "mail";
    const second = await ask(on, user, { actions: [other] });
    expect(second.sticky).toBeUndefined();
    expect(["no_offer", other]).toContain(second.action);
  }
});

it("does not hold what was decided for want of a model that works", async () => {
  const failing = await modelsThatThrow();
  await using on = await service(STICKY, { MODELS_DIR: failing.path });
  const first = await ask(on, "u1");
  expect(first.status).toBe("degraded_model");
  const second = await ask(on, "u1");
  expect(second.sticky).toBeUndefined();
  expect(second.decisionId).not.toBe(first.decisionId);
  await failing.remove();
});

it("holds what was decided for a user of whom nothing is known", async () => {
  await using on = await service(STICKY.replace("coldStart: no_offer", "coldStart: explore"));
  expect(await ask(on, "stranger")).toMatchObject({ status: "degraded_features" });
  expect(await ask(on, "stranger")).toMatchObject({ sticky: true });
});

it("a paused program tells nobody anything again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-sticky-"));
  const live = await service(STICKY, { DATA_DIR: folder });
  for (const user of USERS) await ask(live, user);
  await live.stop();
  const paused = await service(STICKY.replace("state: live", "state: paused").replace("version: 1", "version: 2"), {
    DATA_DIR: folder,
  });
  for (const user of USERS) expect(await ask(paused, user)).toMatchObject({ action: "no_offer", status: "paused" });
  await paused.stop();
  await rm(folder, { recursive: true });
});

it("holds in the next process, but for actions that were taken out of the program", async () => {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-sticky-"));
  const before = await service(STICKY, { DATA_DIR: folder });
  const told = new Map<string, DecideAnswer>();
  for (const user of USERS) told.set(user, await ask(before, user, { requestId: `${user}-r` }));
  await before.stop();
  const without = STICKY.replace(/ {2}- \{ id: call.*\n/, "").replace("version: 1", "version: 2");
  const after = await service(without, { DATA_DIR: folder });
  for (const user of USERS) {
    const first = told.get(user);
    const again = await ask(after, user, { requestId: `${user}-s` });
    if (first?.action === "call") expect(again.sticky).toBeUndefined();
    else expect(again).toEqual({ ...first, requestId: `${user}-s`, sticky: true });
  }
  await after.stop();
  await rm(folder, { recursive: true });
});
