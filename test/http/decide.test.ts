/** One decision over HTTP, with the shipped model. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchAnswer } from "../../src/contract/bulk.ts";
import { DecideAnswer } from "../../src/contract/decide.ts";
import { RecordAnswer } from "../../src/contract/record.ts";
import { expectProblem } from "../support/refusal.ts";
import { CUSTOMER, PROGRAM, startTestService, type TestService } from "../support/service.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await service.putFeatures(CUSTOMER, ...Array.from({ length: 200 }, (_, i) => `user-${i}`));
});
afterAll(() => service.stop());

async function decided(body: object, headers: Readonly<Record<string, string>> = {}): Promise<DecideAnswer> {
  const answer = await service.decide(body, headers);
  expect(answer.text).toContain("decisionId");
  expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  return DecideAnswer.parse(answer.json);
}

describe("a decision", () => {
  it("needs a program and a user only, and says what was drawn with which probability", async () => {
    const answer = await decided({ programId: PROGRAM, userId: "user-0" });
    expect(answer).toMatchObject({
      programId: PROGRAM,
      userId: "user-0",
      status: "normal",
      mode: "live",
      model: { name: PROGRAM, version: "1" },
    });
    expect(answer.propensity).toBeGreaterThan(0);
    expect(answer).not.toHaveProperty("explanation");
    expect(Date.parse(answer.expiresAt) - Date.now()).toBeGreaterThan(86_000_000);
  });

  it("is in the log as answered", async () => {
    const answer = await decided({
      programId: PROGRAM,
      userId: "user-1",
      context: { surface: "checkout", platform: "ios" },
      explain: true,
    });
    const record = (await service.records()).find(({ decisionId }) => decisionId === answer.decisionId);
    expect(record).toMatchObject({
      requestId: answer.requestId,
      user: "user-1",
      unit: "user-1",
      surface: "checkout",
      action: answer.action,
      propensity: answer.propensity,
      context: { surface: "checkout", platform: "ios" },
      facts: { recency: 6, channel: "Web" },
      features: { missing: [], stale: false },
    });
    expect(record?.candidates.map(({ p }) => p)).toEqual(answer.explanation?.map(({ probability }) => probability));
  });

  it("is explained on request: probabilities of all actions sum to 1, the chosen one's is the propensity", async () => {
    const {
      explanation = [],
      action,
      propensity,
      expected,
    } = await decided({ programId: PROGRAM, userId: "user-2", explain: true });
    expect(explanation.map((candidate) => candidate.action)).toEqual(["no_offer", "mens_email", "womens_email"]);
    const total = explanation.reduce((sum, { probability }) => sum + probability, 0);
    expect(Math.abs(total - 1)).toBeLessThanOrEqual(1e-12);
    const chosen = explanation.find((candidate) => candidate.action === action);
    expect(chosen?.probability).toBe(propensity);
    expect(expected.value).toBe(chosen?.value);
  });

  it("is restricted to the actions asked for, and no_offer", async () => {
    const { explanation = [] } = await decided({
      programId: PROGRAM,
      userId: "user-3",
      actions: ["womens_email"],
      explain: true,
    });
    expect(explanation.map(({ action, excluded }) => [action, excluded])).toEqual([
      ["no_offer", undefined],
      ["mens_email", "not_requested"],
      ["womens_email", undefined],
    ]);
    expect(explanation[1]?.probability).toBe(0);
  });

  it("may be restricted to no_offer alone, which then is certain", async () => {
    const answer = await decided({ programId: PROGRAM, userId: "user-3", actions: ["no_offer"] });
    expect(answer).toMatchObject({ action: "no_offer", propensity: 1, status: "normal" });
  });

  it("answers the alias /decide alike", async () => {
    const answer = await service.call("POST", "/decide", {
      body: { programId: PROGRAM, userId: "user-4", requestId: "alias" },
    });
    const same = await service.decide({ programId: PROGRAM, userId: "user-4", requestId: "alias" });
    expect(answer.text).toBe(same.text);
  });

  it("for a user nothing is known about offers nothing, with certainty, and says so", async () => {
    const answer = await decided({ programId: PROGRAM, userId: "stranger", explain: true });
    expect(answer).toMatchObject({ action: "no_offer", propensity: 1, status: "degraded_features" });
    expect(answer.explanation?.[1]).toMatchObject({ excluded: "cold_start", probability: 0 });
  });

  it("uses a row with gaps and unseen categories, and names what was missing", async () => {
    await service.putFeatures({ ...CUSTOMER, zip_code: null, channel: "Carrier pigeon", history: undefined }, "gappy");
    const answer = await decided({ programId: PROGRAM, userId: "gappy" });
    expect(answer.status).toBe("degraded_features");
    const record = (await service.records()).find(({ decisionId }) => decisionId === answer.decisionId);
    expect(record?.features?.missing).toEqual(["history", "zip_code"]);
    expect(record?.candidates[1]?.value).not.toBeNull();
  });

  it.each([
    ["a day and an hour old", -25],
    ["an hour in the future", 1],
  ])("does not use features that are %s", async (_, hours) => {
    const observedAt = new Date(Date.now() + hours * 3_600_000).toISOString();
    await service.call("PUT", "/v1/features", {
      body: { users: [{ userId: "late", observedAt, features: CUSTOMER }] },
    });
    const answer = await decided({ programId: PROGRAM, userId: "late" });
    expect(answer).toMatchObject({ action: "no_offer", propensity: 1, status: "degraded_features" });
    const record = (await service.records()).find(({ decisionId }) => decisionId === answer.decisionId);
    expect(record?.features).toMatchObject({ stale: true, observedAt });
  });

  it("excludes who is not eligible", async () => {
    await service.putFeatures({ ...CUSTOMER, recency: 13 }, "long-gone");
    const answer = await decided({ programId: PROGRAM, userId: "long-gone", explain: true });
    expect(answer).toMatchObject({ action: "no_offer", propensity: 1 });
    expect(answer.explanation?.[1]).toMatchObject({ excluded: "ineligible" });
  });
});

describe("a decision that is asked for again", () => {
  const body = { programId: PROGRAM, userId: "user-5", requestId: "order-123", context: { surface: "checkout" } };

  it("with the same requestId and body gets the same bytes, and one record", async () => {
    const first = await service.decide(body);
    const second = await service.decide(body);
    const reordered = await service.decide({
      context: body.context,
      requestId: body.requestId,
      userId: body.userId,
      programId: body.programId,
    });
    expect(second.text).toBe(first.text);
    expect(reordered.text).toBe(first.text);
    expect((await service.records()).filter(({ requestId }) => requestId === body.requestId)).toHaveLength(1);
  });

  it.each([
    ["user", { ...body, userId: "user-6" }],
    ["context", { ...body, context: { surface: "home" } }],
    ["choice of actions", { ...body, actions: ["mens_email"] }],
    ["wish for an explanation", { ...body, explain: true }],
  ])("with the same requestId and another %s is refused", async (_, other) => {
    await service.decide(body);
    expectProblem((await service.decide(other)).text, "idempotency_mismatch");
  });

  it("with the same requestId under the header Idempotency-Key is the same request", async () => {
    const { requestId, ...unnamed } = body;
    const first = await service.decide(body);
    expect((await service.decide(unnamed, { "idempotency-key": requestId })).text).toBe(first.text);
    expect((await service.decide(body, { "idempotency-key": requestId })).text).toBe(first.text);
  });

  it("written otherwise, or as an item of a batch, is the same request", async () => {
    const first = await service.decide(body);
    const spelled = JSON.stringify(body, null, 2).replace("checkout", String.raw`\u0063heckout`);
    expect(JSON.parse(spelled)).toEqual(body);
    expect((await service.call("POST", "/v1/decide", { body: spelled })).text).toBe(first.text);
    const batch = await service.call("POST", "/v1/decide/batch", { body: { requests: [body] } });
    expect(batch.text).toBe(`{"results":[{"status":200,"decision":${first.text}}]}`);
  });

  it("with a requestId that differs from the header is refused", async () => {
    const problem = expectProblem((await service.decide(body, { "idempotency-key": "other" })).text, "invalid_request");
    expect(problem.errors).toEqual([{ path: "requestId", rule: "differs from the header Idempotency-Key" }]);
  });

  it("with a header that is no id is refused", async () => {
    const problem = expectProblem(
      (await service.decide({ programId: PROGRAM, userId: "u" }, { "idempotency-key": "a b" })).text,
      "invalid_request",
    );
    expect(problem.errors).toMatchObject([{ path: "Idempotency-Key" }]);
  });

  it("a thousand times at once is one decision and one record", async () => {
    const storm = { programId: PROGRAM, userId: "user-7", requestId: "storm" };
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => service.decide(storm)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await service.records()).filter(({ requestId }) => requestId === "storm")).toHaveLength(1);
  });

  it("after a refusal is a real try: refusals are not remembered", async () => {
    const early = { programId: PROGRAM, userId: "user-8", requestId: "try-again", actions: ["nothing_such"] };
    expectProblem((await service.decide(early)).text, "unknown_action");
    expectProblem((await service.decide(early)).text, "unknown_action");
    expect((await service.decide({ ...early, actions: ["mens_email"] })).status).toBe(200);
  });

  it("without a requestId is another decision of the same user", async () => {
    const first = await decided({ programId: PROGRAM, userId: "user-9" });
    const second = await decided({ programId: PROGRAM, userId: "user-9" });
    expect(second.decisionId).not.toBe(first.decisionId);
    expect(second.requestId).not.toBe(first.requestId);
  });
});

describe("a batch", () => {
  const batch = (requests: readonly object[]) => service.call("POST", "/v1/decide/batch", { body: { requests } });

  it("gives each item its own status, in order", async () => {
    const answer = await batch([
      { programId: PROGRAM, userId: "user-10", requestId: "b1" },
      { programId: "nowhere", userId: "user-10" },
      { programId: PROGRAM, userId: "user-11", actions: ["nothing_such"] },
      { programId: PROGRAM, userId: "user-10", requestId: "b1" },
      { programId: PROGRAM, userId: "user-12", requestId: "b1" },
    ]);
    expect(answer.status).toBe(200);
    const { results } = BatchAnswer.parse(answer.json);
    expect(results.map(({ status, problem }) => [status, problem?.code])).toEqual([
      [200, undefined],
      [404, "unknown_program"],
      [422, "unknown_action"],
      [200, undefined],
      [422, "idempotency_mismatch"],
    ]);
    expect(results[3]?.decision).toEqual(results[0]?.decision);
    expect((await service.records()).filter(({ requestId }) => requestId === "b1")).toHaveLength(1);
  });

  it("takes 1,000 decisions, each logged once", async () => {
    const before = (await service.records()).length;
    const answer = await batch(
      Array.from({ length: 1_000 }, (_, i) => ({ programId: PROGRAM, userId: `user-${i % 200}` })),
    );
    const { results } = BatchAnswer.parse(answer.json);
    expect(results.every(({ status, decision }, i) => status === 200 && decision?.userId === `user-${i % 200}`)).toBe(
      true,
    );
    expect((await service.records()).length).toBe(before + 1_000);
  });

  it.each([0, 1_001])("of %i is refused", async (count) => {
    const answer = await batch(Array.from({ length: count }, () => ({ programId: PROGRAM, userId: "u" })));
    expect(expectProblem(answer.text, "invalid_request").errors).toMatchObject([{ path: "requests" }]);
  });

  it("with a malformed item is refused whole, with the path", async () => {
    const before = (await service.records()).length;
    const answer = await batch([{ programId: PROGRAM, userId: "u" }, { programId: PROGRAM }]);
    expect(expectProblem(answer.text, "invalid_request").errors).toMatchObject([{ path: "requests[1].userId" }]);
    expect((await service.records()).length).toBe(before);
  });
});

describe("the record of a decision", () => {
  it("is found by its id, in either case, with what became of every action in words", async () => {
    const { decisionId, action } = await decided({ programId: PROGRAM, userId: "user-20", actions: ["mens_email"] });
    const answer = await service.call("GET", `/v1/decisions/${decisionId}`);
    const { record, explanation } = RecordAnswer.parse(answer.json);
    expect(record).toMatchObject({ decisionId, action });
    expect(explanation.filter(({ chosen }) => chosen).map((candidate) => candidate.action)).toEqual([action]);
    expect(explanation[2]?.because).toBe("the caller did not ask for this action");
    expect((await service.call("GET", `/v1/decisions/${decisionId.toUpperCase()}`)).text).toBe(answer.text);
  });
});
