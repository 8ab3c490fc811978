/** Two replicas and one Redis: a question has one answer, whichever is asked, and however they fail. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Redis } from "ioredis";
import { DecideAnswer } from "../../src/contract/decide.ts";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments } from "../../src/adapters/file/segment-name.ts";
import { OutcomeLine } from "../../src/contract/outcome-record.ts";
import { OutcomesAnswer } from "../../src/contract/outcomes.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const EVEN = TINY_YAML.replace("strategy: greedy", "strategy: epsilon, epsilon: 1");
const STICKY = `${EVEN}stickiness: { by: user, window: 20h }\n`;
/** Of every id, on each replica. */
const COPIES = 4;

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

/** Over the same Redis, each test with users of its own. */
async function replicas(yaml: string, users: readonly string[]): Promise<AsyncDisposable & { all: TestService[] }> {
  const start = () =>
    startTestService({
      programs: { [TINY_PROGRAM]: yaml },
      environment: { MODELS_DIR: models.path, REDIS_URL: redis.url },
    });
  const all = [await start(), await start()];
  await all[0]?.putFeatures(TINY_USER, ...users);
  return {
    all,
    [Symbol.asyncDispose]: async () => {
      for (const service of all) await service.stop();
    },
  };
}

const bodyOf = (userId: string, requestId: string) => ({
  programId: TINY_PROGRAM,
  userId,
  requestId,
  features: { newbie: false },
});

async function recordsOf(all: readonly TestService[]): Promise<readonly DecisionRecord[]> {
  return (await Promise.all(all.map((service) => service.records()))).flat();
}

/** Without what was withdrawn: on a busy machine Redis may answer a claim too late, and then two replicas decide. */
async function standingRecords(all: readonly TestService[]): Promise<readonly DecisionRecord[]> {
  const withdrawn = new Set<string>();
  for (const { dataDir } of all) {
    const segments = await listSegments(join(dataDir, "outcomes"), "outcomes");
    for await (const entry of readSegments(segments.map(({ path }) => path))) {
      if (entry.kind === "record") withdrawn.add(OutcomeLine.parse(entry.record).decisionId);
    }
  }
  return (await recordsOf(all)).filter(({ decisionId }) => !withdrawn.has(decisionId));
}

describe("a question that both replicas are asked", () => {
  it("is answered once, with the same bytes, however many ask at once", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `once-${i}`);
    await using two = await replicas(EVEN, ids);
    const texts = await Promise.all(
      ids.flatMap((id) =>
        two.all.flatMap((service) =>
          Array.from({ length: COPIES }, async () => {
            const { status, text } = await service.decide(bodyOf(id, id));
            return { id, text: status === 200 ? text : `${status} ${text}` };
          }),
        ),
      ),
    );
    for (const [id, answers] of Map.groupBy(texts, (answer) => answer.id)) {
      expect(new Set(answers.map(({ text }) => text)).size, id).toBe(1);
      expect(DecideAnswer.parse(JSON.parse(answers[0]?.text ?? "")).requestId).toBe(id);
    }
    const standing = await standingRecords(two.all);
    expect(standing.map(({ requestId }) => requestId).toSorted()).toEqual(ids.toSorted());
  });

  it("is the same an hour later, and another question under its id is refused by both", async () => {
    await using two = await replicas(EVEN, ["later"]);
    const [one, other] = two.all;
    const first = await one?.decide(bodyOf("later", "later"));
    expect((await other?.decide(bodyOf("later", "later")))?.text).toBe(first?.text);
    for (const service of two.all) {
      const { status, json } = await service.decide({ ...bodyOf("later", "later"), explain: true });
      expect({ status, json }).toMatchObject({ status: 422, json: { code: "idempotency_mismatch" } });
    }
    const third = await replicas(EVEN, []);
    const { status } = (await third.all[0]?.decide({ ...bodyOf("later", "later"), explain: true })) ?? {};
    expect(status).toBe(422);
    await third[Symbol.asyncDispose]();
  });

  it("is answered by the other one when the first dies before it told", async () => {
    await using two = await replicas(EVEN, ["orphan"]);
    const client = new Redis(redis.url);
    await client.set(`liftgate:answers:local|${TINY_PROGRAM}|orphan`, "cffff dead", "PX", 300);
    const { status } = (await two.all[0]?.decide({ ...bodyOf("orphan", "orphan") })) ?? {};
    expect(status).toBe(422);
    await client.set(
      `liftgate:answers:local|${TINY_PROGRAM}|orphan-2`,
      `c${await fingerprint(two.all)} dead`,
      "PX",
      300,
    );
    expect((await two.all[0]?.decide(bodyOf("orphan", "orphan-2")))?.status).toBe(200);
    client.disconnect();
  });

  it("is void where a replica decided it and another was faster: that one's answer stands", async () => {
    await using two = await replicas(EVEN, ["beaten"]);
    const [one] = two.all;
    const client = new Redis(redis.url);
    const first = await one?.decide(bodyOf("beaten", "beaten"));
    const key = `liftgate:answers:local|${TINY_PROGRAM}|beaten`;
    const stored = (await client.get(key)) ?? "";
    const others = stored.replace(/"decisionId":"[0-9a-f-]+"/, '"decisionId":"019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11"');
    await client.set(key, others);
    // The next life of the replica has the first answer in its log, and the other one in Redis.
    await one?.shutDown();
    const again = await startTestService({
      programs: { [TINY_PROGRAM]: EVEN },
      environment: { MODELS_DIR: models.path, REDIS_URL: redis.url, DATA_DIR: one?.dataDir ?? "" },
    });
    const told = await again.decide(bodyOf("beaten", "beaten"));
    expect(told.text).toBe(others.slice(others.indexOf(" ") + 1));
    expect(told.text).not.toBe(first?.text);
    const metrics = (await again.call("GET", "/metrics")).text;
    expect(metrics).toContain('liftgate_outcomes_total{type="void",result="accepted"} 1\n');
    await again.stop();
    client.disconnect();
  });
});

/** As the store of answers has it, of a question about the user `orphan`. */
async function fingerprint(all: readonly TestService[]): Promise<string> {
  await all[1]?.decide(bodyOf("orphan", "to-look-at"));
  const record = (await recordsOf(all)).find(({ requestId }) => requestId === "to-look-at");
  return record?.question?.fingerprint ?? "";
}

describe("what holds for a user", () => {
  it("is drawn once for all replicas, and told by all", async () => {
    const users = Array.from({ length: 30 }, (_, i) => `sticky-${i}`);
    await using two = await replicas(STICKY, users);
    const answers = await Promise.all(
      users.flatMap((user) =>
        two.all.flatMap((service, replica) =>
          Array.from({ length: COPIES }, async (_, i) => {
            const { json } = await service.decide(bodyOf(user, `${user}-${replica}-${i}`));
            return DecideAnswer.parse(json);
          }),
        ),
      ),
    );
    // On a busy machine Redis may answer too late, and what is decided then holds for its request only.
    const sound = answers.filter(({ status }) => status === "normal");
    expect(new Set(sound.map(({ userId }) => userId)).size).toBe(users.length);
    for (const [user, told] of Map.groupBy(sound, ({ userId }) => userId)) {
      expect(new Set(told.map(({ decisionId }) => decisionId)).size, user).toBe(1);
    }
    const standing = (await standingRecords(two.all)).filter(({ status }) => status === "normal");
    expect(standing.map(({ user }) => user).toSorted()).toEqual(users.toSorted());
  });

  it("is forgotten by all", async () => {
    await using two = await replicas(STICKY, ["forgotten"]);
    const [one, other] = two.all;
    const ask = async (service: TestService | undefined, id: string) =>
      DecideAnswer.parse((await service?.decide(bodyOf("forgotten", id)))?.json);
    const first = await ask(one, "f1");
    expect((await ask(other, "f2")).decisionId).toBe(first.decisionId);
    await one?.call("DELETE", "/v1/users/forgotten");
    const third = await ask(other, "f3");
    expect(third.decisionId).not.toBe(first.decisionId);
    expect(await ask(one, "f4")).toMatchObject({ decisionId: third.decisionId, sticky: true });
  });
});

describe("an outcome that another replica is sent", () => {
  const at = () => new Date().toISOString();
  const send = async (service: TestService | undefined, ...outcomes: readonly object[]) =>
    OutcomesAnswer.parse((await service?.call("POST", "/v1/outcomes", { body: { outcomes } }))?.json);
  const matched = async (service: TestService | undefined) =>
    /liftgate_outcomes_matched_total\{program="tiny-mail",type="reward"\} (\d+)/.exec(
      (await service?.call("GET", "/metrics"))?.text ?? "",
    )?.[1];
  const ask = async (service: TestService | undefined, user: string) =>
    DecideAnswer.parse((await service?.decide(bodyOf(user, `for-${user}`)))?.json);

  it("reaches the one that decided, and counts once, however often and to whomever it is sent", async () => {
    await using two = await replicas(EVEN, ["passed"]);
    const [one, other] = two.all;
    const { decisionId } = await ask(one, "passed");
    const reward = { outcomeId: "passed-on", decisionId, type: "reward", value: 1, occurredAt: at() };
    // Replicas hear of each other within a second.
    await expect
      .poll(async () => (await send(other, { ...reward, outcomeId: `probe-${Math.random()}` })).accepted, {
        timeout: 10_000,
      })
      .toBe(1);
    const before = Number((await matched(one)) ?? 0);
    expect((await send(other, reward, reward)).results.map(({ result }) => result)).toEqual(["accepted", "duplicate"]);
    await expect.poll(async () => Number(await matched(one)), { timeout: 10_000 }).toBeGreaterThan(before);
    expect((await send(one, reward)).duplicates).toBe(1);
    expect(await matched(other)).toBeUndefined();
  });

  it("is unknown where no replica ever had the mark of its id", async () => {
    await using two = await replicas(EVEN, []);
    const stranger = "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0affff";
    const outcome = { outcomeId: "stray", decisionId: stranger, type: "exposure", occurredAt: at() };
    expect(await send(two.all[0], outcome)).toMatchObject({ unknown: 1 });
  });
});

describe("while Redis is down", () => {
  it("what a replica told stands: another answer under its id does not make it void", async () => {
    const own = await startRedisServer();
    await using service = await startTestService({
      programs: { [TINY_PROGRAM]: EVEN },
      environment: { MODELS_DIR: models.path, REDIS_URL: own.url },
    });
    await own.kill();
    const first = await service.decide(bodyOf("u", "alone"));
    const [record] = await service.records();
    await service.shutDown();
    await own.restart();
    const client = new Redis(own.url);
    const others = first.text.replace(
      /"decisionId":"[0-9a-f-]+"/,
      '"decisionId":"019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11"',
    );
    await client.set(`liftgate:answers:local|${TINY_PROGRAM}|alone`, `a${record?.question?.fingerprint} ${others}`);
    const again = await startTestService({
      programs: { [TINY_PROGRAM]: EVEN },
      environment: { MODELS_DIR: models.path, REDIS_URL: own.url, DATA_DIR: service.dataDir },
    });
    expect((await again.decide(bodyOf("u", "alone"))).text).toBe(first.text);
    expect((await again.call("GET", "/metrics")).text).not.toContain('liftgate_outcomes_total{type="void"');
    await again.stop();
    client.disconnect();
    await own.stop();
  });

  it("every replica answers for itself, and repeats itself", async () => {
    const own = await startRedisServer();
    const service = await startTestService({
      programs: { [TINY_PROGRAM]: STICKY },
      environment: { MODELS_DIR: models.path, REDIS_URL: own.url },
    });
    await own.stop();
    const first = await service.decide(bodyOf("u", "down"));
    expect(first.json).toMatchObject({ status: "safe_default", action: "no_offer" });
    expect((await service.decide(bodyOf("u", "down"))).text).toBe(first.text);
    expect(await service.records()).toHaveLength(1);
    await service.stop();
  });
});
