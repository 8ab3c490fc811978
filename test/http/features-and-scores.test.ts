/** Writing features and scoring without deciding, on the tiny model: stored, request-time and context features. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ScoreAnswer } from "../../src/contract/bulk.ts";
import { DecideAnswer } from "../../src/contract/decide.ts";
import { BULK_BODY_BYTES_MAX } from "../../src/contract/limits.ts";
import { type ModelsDirectory, TINY } from "../support/model-folders.ts";
import { expectProblem, SECRET } from "../support/refusal.ts";
import { CUSTOMER, PROGRAM, startTestService, type TestService } from "../support/service.ts";
import { MAIL_COST, MAIL_VALUE, TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

let models: ModelsDirectory;
let service: TestService;
beforeAll(async () => {
  models = await tinyModels();
  // `channel` is what the caller knows of the moment, not what the store holds.
  await models.patchManifest(TINY, ["features", 2, "source"], "context");
  service = await startTestService({
    environment: { MODELS_DIR: models.path },
    programs: { [TINY_PROGRAM]: TINY_YAML },
  });
});
afterAll(async () => {
  await service.stop();
  await models.remove();
});

const STORED = { recency: TINY_USER.recency, spent: TINY_USER.spent };

const put = (users: unknown) => service.call("PUT", "/v1/features", { body: { users } });
const score = (users: unknown) => service.call("POST", "/v1/score", { body: { programId: TINY_PROGRAM, users } });

async function decide(userId: string, parts: object): Promise<DecideAnswer> {
  const answer = await service.decide({ programId: TINY_PROGRAM, userId, explain: true, ...parts });
  return DecideAnswer.parse(answer.json);
}

describe("PUT /v1/features", () => {
  it("writes rows that the next decision uses", async () => {
    const answer = await put([
      { userId: "w1", features: STORED },
      { userId: "w2", features: { recency: null } },
    ]);
    expect([answer.status, answer.json]).toEqual([200, { written: 2 }]);
    const decided = await decide("w1", { features: { newbie: false }, context: { channel: "phone" } });
    expect(decided).toMatchObject({
      status: "normal",
      action: "mail",
      propensity: 1,
      expected: { value: MAIL_VALUE, cost: MAIL_COST },
    });
  });

  it("replaces a user's row whole: names left out are missing", async () => {
    await put([{ userId: "w3", features: STORED }]);
    await put([{ userId: "w3", features: { spent: 20.5 } }]);
    const { decisionId } = await decide("w3", { features: { newbie: false } });
    const record = (await service.records()).find((line) => line.decisionId === decisionId);
    expect(record?.features?.missing).toEqual(["recency", "channel"]);
  });

  it("takes an observation time with an offset", async () => {
    const answer = await put([{ userId: "w4", observedAt: "2026-11-21T20:58:00+01:00", features: STORED }]);
    expect(answer.status).toBe(200);
  });

  it.each([
    ["a day that is none", "2026-02-30T00:00:00Z"],
    ["no zone", "2026-11-21T19:58:00"],
    ["a date", "2026-11-21"],
    ["milliseconds", 1_763_755_080_000],
    ["words", "yesterday"],
    ["second 60", "2026-12-31T23:59:60Z"],
  ])("refuses an observation time of %s", async (_, observedAt) => {
    const answer = await put([{ userId: "w5", observedAt, features: STORED }]);
    expect(expectProblem(answer.text, "invalid_request").errors).toMatchObject([{ path: "users[0].observedAt" }]);
  });

  it.each<[string, object, string, string]>([
    ["an unknown name", { shoe_size: SECRET }, "unknown_feature", "shoe_size"],
    ["a value below its range", { recency: -1 }, "invalid_feature", "recency"],
    ["a value above its range", { recency: 13 }, "invalid_feature", "recency"],
    ["a number in quotes", { recency: "3" }, "invalid_feature", "recency"],
    ["a boolean for a number", { recency: true }, "invalid_feature", "recency"],
    ["a request-time feature", { newbie: true }, "invalid_feature", "newbie"],
    ["a feature of the context", { channel: "web" }, "invalid_feature", "channel"],
  ])("refuses %s, with the path, and writes nothing", async (_, features, code, name) => {
    const userId = `untouched-${name}`;
    const answer = await put([
      { userId, features: STORED },
      { userId: "other", features: { ...STORED, ...features } },
    ]);
    const problem = expectProblem(answer.text, code as "unknown_feature" | "invalid_feature");
    expect(problem.errors).toMatchObject([{ path: `users[1].features.${name}` }]);
    expect((await decide(userId, { features: { newbie: false } })).status).toBe("degraded_features");
  });

  it.each([
    ["no users", []],
    ["1,001 users", Array.from({ length: 1_001 }, (_, i) => ({ userId: `u${i}`, features: { recency: 1 } }))],
  ])("refuses %s", async (_, users) => {
    expect(expectProblem((await put(users)).text, "invalid_request").errors).toMatchObject([{ path: "users" }]);
  });

  it("refuses a user without any feature: nothing would be written", async () => {
    expect(expectProblem((await put([{ userId: "u", features: {} }])).text, "invalid_request").errors).toMatchObject([
      { path: "users[0].features" },
    ]);
  });

  it("takes 1,000 users", async () => {
    const users = Array.from({ length: 1_000 }, (_, i) => ({ userId: `many-${i}`, features: STORED }));
    expect((await put(users)).json).toEqual({ written: 1_000 });
  });

  it("refuses more than 2 MiB", async () => {
    const answer = await service.call("PUT", "/v1/features", { body: " ".repeat(BULK_BODY_BYTES_MAX + 1) });
    expect(answer.status).toBe(413);
    expectProblem(answer.text, "body_too_large");
  });

  it("takes a body of 2 MiB, and a decide call does not", async () => {
    const body = JSON.stringify({ users: [{ userId: "padded", features: STORED }] }).padEnd(BULK_BODY_BYTES_MAX, " ");
    expect((await service.call("PUT", "/v1/features", { body })).status).toBe(200);
    expectProblem((await service.call("POST", "/v1/decide", { body })).text, "body_too_large");
  });
});

describe("request-time and context features", () => {
  beforeAll(() => put([{ userId: "moment", features: STORED }]));

  it("come with the call and are scored", async () => {
    const answer = await decide("moment", { features: { newbie: true }, context: { channel: "phone" } });
    // As for newbie: false but for the call's cost; the mail's figures stay.
    expect(answer).toMatchObject({ status: "normal", expected: { value: MAIL_VALUE, cost: MAIL_COST } });
  });

  it("that are required and not given make the user unknown", async () => {
    const answer = await decide("moment", { context: { channel: "phone" } });
    expect(answer).toMatchObject({ status: "degraded_features", action: "no_offer", propensity: 1 });
  });

  it("that are optional and not given are missing", async () => {
    expect(await decide("moment", { features: { newbie: false } })).toMatchObject({
      status: "degraded_features",
      action: "mail",
    });
  });

  it("that do not fit are refused with the path", async () => {
    const wrong = await service.decide({ programId: TINY_PROGRAM, userId: "moment", features: { newbie: 2 } });
    expect(expectProblem(wrong.text, "invalid_feature").errors).toEqual([
      { path: "features.newbie", rule: "must be true or false" },
    ]);
    const context = await service.decide({
      programId: TINY_PROGRAM,
      userId: "moment",
      features: { newbie: true },
      context: { channel: 3 },
    });
    expect(expectProblem(context.text, "invalid_feature").errors).toEqual([
      { path: "context.channel", rule: "must be a string" },
    ]);
  });
});

describe("POST /v1/score", () => {
  beforeAll(() => put([{ userId: "known", features: STORED }]));

  it("scores users by their features, to the figures worked out by hand", async () => {
    const answer = await score([{ features: { ...TINY_USER, newbie: false } }]);
    const { results } = ScoreAnswer.parse(answer.json);
    expect(results).toMatchObject([{ status: "normal", model: { name: "tiny", version: "1" }, missing: [] }]);
    const [none, mail, call] = results[0]?.scores ?? [];
    expect(none).toEqual({ action: "no_offer", value: 0, cost: 0, net: 0 });
    // maximize: value leaves the cost out of the net.
    expect(mail).toMatchObject({
      action: "mail",
      value: MAIL_VALUE,
      cost: MAIL_COST,
      net: MAIL_VALUE,
      efficiency: MAIL_VALUE / MAIL_COST,
    });
    // Replicates 0.0078125 + 0.75·(0.0625, 0.09375): their standard deviation (n − 1) is 0.75·0.03125/√2 = 0.016573.
    expect(mail?.valueStd).toBe(0.016573);
    expect(call?.value).toBeLessThan(0);
  });

  it("scores users by id, and by id with given values over the stored ones", async () => {
    const answer = await score([
      { userId: "known" },
      { userId: "known", features: { newbie: false, channel: "phone" } },
      { userId: "nobody" },
    ]);
    const { results } = ScoreAnswer.parse(answer.json);
    expect(results.map(({ userId, status }) => [userId, status])).toEqual([
      ["known", "degraded_features"],
      ["known", "normal"],
      ["nobody", "degraded_features"],
    ]);
    expect(results[1]?.scores[1]).toMatchObject({ value: MAIL_VALUE });
    expect(results[2]?.scores[1]).toMatchObject({ action: "mail", value: null, cost: null, net: null });
  });

  it("lets missing values and unseen categories through", async () => {
    const answer = await score([{ features: { newbie: false, recency: null, channel: "fax" } }]);
    const { results } = ScoreAnswer.parse(answer.json);
    expect(results).toMatchObject([{ status: "degraded_features", missing: ["recency", "spent"] }]);
    expect(results[0]?.scores[1]?.value).not.toBeNull();
  });

  it.each<[string, object, string, string]>([
    [
      "unknown features",
      { features: { newbie: false, shoe_size: 43 } },
      "unknown_feature",
      "users[1].features.shoe_size",
    ],
    [
      "values out of range",
      { features: { newbie: false, recency: 99 } },
      "invalid_feature",
      "users[1].features.recency",
    ],
    [
      "unknown features of a user",
      { userId: "known", features: { shoe_size: 43 } },
      "unknown_feature",
      "users[1].features.shoe_size",
    ],
  ])("refuses %s", async (_, user, code, path) => {
    const answer = await score([{ userId: "known" }, user]);
    const problem = expectProblem(answer.text, code as "unknown_feature" | "invalid_feature");
    expect(problem.errors).toMatchObject([{ path }]);
  });

  it.each([
    ["no users", []],
    ["1,001 users", Array.from({ length: 1_001 }, () => ({ userId: "known" }))],
    ["a user without id and features", [{}]],
    ["a user with something else", [{ userId: "known", propensity: 1 }]],
  ])("refuses %s", async (_, users) => {
    expectProblem((await score(users)).text, "invalid_request");
  });

  it("refuses an unknown program", async () => {
    const answer = await service.call("POST", "/v1/score", {
      body: { programId: PROGRAM, users: [{ features: CUSTOMER }] },
    });
    expectProblem(answer.text, "unknown_program");
  });

  it("logs nothing", async () => {
    const before = (await service.records()).length;
    await score(Array.from({ length: 1_000 }, () => ({ userId: "known" })));
    expect((await service.records()).length).toBe(before);
  });
});
