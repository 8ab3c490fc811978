/** `POST /v1/allocate`: candidates given, or users scored by a program's model. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AllocateAnswer } from "../../src/contract/allocate.ts";
import { ALLOCATE_BODY_BYTES_MAX, ALLOCATE_CANDIDATES_MAX, ALLOCATE_USERS_MAX } from "../../src/contract/limits.ts";
import { uniformFromHash } from "../../src/core/numerics/murmur3.ts";
import { expectProblem } from "../support/refusal.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { MAIL_COST, MAIL_VALUE, TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const ARMS_PROGRAM = "with-arms";
const CLUSTER_PROGRAM = "by-cluster";
const PAUSED_PROGRAM = "all-paused";
const KNOWN = { ...TINY_USER, newbie: false };

let service: TestService;
let models: Awaited<ReturnType<typeof tinyModels>>;
beforeAll(async () => {
  models = await tinyModels();
  const named = (id: string) => TINY_YAML.replace(`program: ${TINY_PROGRAM}`, `program: ${id}`);
  service = await startTestService({
    environment: { MODELS_DIR: models.path },
    programs: {
      [TINY_PROGRAM]: TINY_YAML,
      [ARMS_PROGRAM]: `${named(ARMS_PROGRAM)}holdout: { share: 0.25, salt: h }\nevaluation: { share: 0.25, salt: e }\n`,
      [CLUSTER_PROGRAM]: `${named(CLUSTER_PROGRAM).replace("randomizationUnit: user", "randomizationUnit: cluster")}holdout: { share: 0.5, salt: h }\n`,
      [PAUSED_PROGRAM]: named(PAUSED_PROGRAM).replace("state: live", "state: paused"),
    },
  });
});
afterAll(async () => {
  await service.stop();
  await models.remove();
});

function call(body: unknown) {
  return service.call("POST", "/v1/allocate", { body });
}

async function allocated(body: unknown): Promise<AllocateAnswer> {
  const answer = await call(body);
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return AllocateAnswer.parse(answer.json);
}

/** ann's call is worth most for its cost, then bob's mail, then ann's mail. */
const CANDIDATES = [
  { userId: "ann", action: "mail", value: 1, cost: 1 },
  { userId: "ann", action: "call", value: 6, cost: 2 },
  { userId: "bob", action: "mail", value: 2, cost: 1 },
  { userId: "cy", action: "mail", value: -1, cost: 0 },
];

describe("candidates given in the call", () => {
  it("are allocated within the budget, by hand", async () => {
    const answer = await allocated({ budget: 2.5, candidates: CANDIDATES });
    // 2 of 2.5 go to ann's call; half of bob's mail, at 2 a unit, is what the bound has more.
    expect(answer).toMatchObject({ assignments: [{ userId: "ann", action: "call" }], value: 6, spend: 2, offers: 1 });
    expect(answer).toMatchObject({ lambda: 2, mu: { actions: {}, channels: {} }, slack: { budget: 0.5 } });
    expect(answer.dualBound).toBeCloseTo(7, 12);
    expect(answer.gap).toBeCloseTo(1 / 7, 12);
    expect(answer.curve).toHaveLength(20);
    expect(answer.curve.at(-1)).toEqual({ budget: 3, value: 8, spend: 3, lambda: 0 });
  });

  it("are allocated within caps of actions and channels", async () => {
    const answer = await allocated({
      budget: 10,
      candidates: CANDIDATES,
      caps: { actions: { call: 0 }, channels: { email: 1 } },
      channels: { email: ["mail"], phone: ["call"] },
    });
    expect(answer).toMatchObject({ assignments: [{ userId: "bob", action: "mail" }], value: 2, spend: 1 });
    expect(answer.slack).toEqual({ budget: 9, actions: { call: 0 }, channels: { email: 0 } });
    expect(answer.mu.channels["email"]).toBeGreaterThan(0);
    expect(answer.dualBound).toBeCloseTo(2, 6);
  });

  it("are allocated for profit where that is asked for", async () => {
    const candidates = [{ userId: "ann", action: "mail", value: 1, cost: 1.5 }];
    expect((await allocated({ budget: 9, candidates, objective: "profit" })).offers).toBe(0);
    expect((await allocated({ budget: 9, candidates, objective: "value" })).offers).toBe(1);
  });

  it("may be none", async () => {
    expect(await allocated({ budget: 5, candidates: [] })).toMatchObject({
      assignments: [],
      value: 0,
      gap: 0,
      dualBound: 0,
    });
  });

  it("give the same answer in any order", async () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ userId: `u${i}`, action: "mail", value: 1, cost: 1 }));
    const one = await call({ budget: 100, candidates: many });
    expect((await call({ budget: 100, candidates: many.toReversed() })).text).toBe(one.text);
  });

  it.each<[string, object, string, string]>([
    ["a user and action twice", { candidates: [...CANDIDATES, CANDIDATES[0]] }, "invalid_request", "candidates[4]"],
    ["a cap on no action", { caps: { actions: { fax: 1 } } }, "unknown_action", "caps.actions.fax"],
    ["a cap on no channel", { caps: { channels: { fax: 1 } } }, "unknown_action", "caps.channels.fax"],
    ["a cap below 0", { caps: { actions: { mail: -1 } } }, "invalid_request", "caps.actions.mail"],
    ["a cap with a fraction", { caps: { actions: { mail: 0.5 } } }, "invalid_request", "caps.actions.mail"],
    ["a budget below 0", { budget: -1 }, "invalid_request", "budget"],
    ["a budget in parts of a micro", { budget: 0.0000001 }, "invalid_request", "budget"],
    [
      "no_offer as a candidate",
      { candidates: [{ ...CANDIDATES[0], action: "no_offer" }] },
      "invalid_request",
      "candidates[0].action",
    ],
    [
      "a value beyond what is exact",
      { candidates: [{ ...CANDIDATES[0], value: 1e10 }] },
      "invalid_request",
      "candidates[0].value",
    ],
  ])("are refused with %s, with the path", async (_, part, code, path) => {
    const answer = await call({ budget: 5, candidates: CANDIDATES, ...part });
    expect(expectProblem(answer.text, code as "invalid_request").errors).toMatchObject([{ path }]);
  });

  it("are taken up to the limit, and no more", async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ userId: `u${i}`, action: "a", value: 2, cost: 1 }));
    expect((await allocated({ budget: 7, candidates: many(ALLOCATE_CANDIDATES_MAX) })).offers).toBe(7);
    const answer = await call({ budget: 7, candidates: many(ALLOCATE_CANDIDATES_MAX + 1) });
    expectProblem(answer.text, "invalid_request");
    const large = await call(" ".repeat(ALLOCATE_BODY_BYTES_MAX + 1));
    expectProblem(large.text, "body_too_large");
  });
});

describe("users of a program", () => {
  it("are scored by its model, to the figures worked out by hand", async () => {
    await service.putFeatures(TINY_USER, "stored");
    const users = [{ userId: "given", features: KNOWN }, "nobody", { userId: "stored", features: { newbie: false } }];
    const answer = await allocated({ programId: TINY_PROGRAM, budget: 10, users });
    expect(answer.assignments.map(({ userId, action }) => `${userId} ${action}`).toSorted()).toEqual([
      "given mail",
      "stored mail",
    ]);
    expect(answer.value).toBeCloseTo(2 * MAIL_VALUE, 9);
    expect(answer.spend).toBeCloseTo(2 * MAIL_COST, 9);
    expect(answer.outside).toEqual({ holdout: 0, evaluation: 0 });
  });

  it("are offered what the budget and the channel's cap allow", async () => {
    const users = Array.from({ length: 10 }, (_, i) => ({ userId: `u${i}`, features: KNOWN }));
    const budget = 3.5 * MAIL_COST;
    expect((await allocated({ programId: TINY_PROGRAM, budget: Number(budget.toFixed(6)), users })).offers).toBe(3);
    const capped = await allocated({ programId: TINY_PROGRAM, budget: 10, users, caps: { channels: { email: 2 } } });
    expect(capped).toMatchObject({ offers: 2, slack: { channels: { email: 0 } } });
    expect(capped.mu.channels["email"]).toBeCloseTo(MAIL_VALUE, 6);
  });

  it("of the holdout and of the evaluation arm are offered nothing", async () => {
    const users = Array.from({ length: 400 }, (_, i) => `u${i}`);
    const answer = await allocated({
      programId: ARMS_PROGRAM,
      budget: 1e6,
      users: users.map((userId) => ({ userId, features: KNOWN })),
    });
    // The declared hashes, worked out here again: of those not held out, a third is in the evaluation arm.
    const luck = (salt: string, user: string) => uniformFromHash(`${salt}|${ARMS_PROGRAM}|${user}`);
    const holdout = users.filter((user) => luck("h", user) < 0.25);
    const evaluation = users.filter((user) => luck("h", user) >= 0.25 && luck("e", user) < 0.25 / 0.75);
    expect(answer.outside).toEqual({ holdout: holdout.length, evaluation: evaluation.length });
    const offered = answer.assignments.map(({ userId }) => userId);
    const policy = users.filter((user) => !holdout.includes(user) && !evaluation.includes(user));
    expect(offered.toSorted()).toEqual(policy.toSorted());
    expect(Math.min(holdout.length, evaluation.length, policy.length)).toBeGreaterThan(50);
  });

  it("of a program that randomizes clusters are in their cluster's arm, and need one", async () => {
    const members = (clusterId: string) =>
      Array.from({ length: 5 }, (_, i) => ({ userId: `${clusterId}-${i}`, clusterId, features: KNOWN }));
    const users = Array.from({ length: 8 }, (_, i) => members(`c${i}`)).flat();
    const { assignments } = await allocated({ programId: CLUSTER_PROGRAM, budget: 1e6, users });
    const perCluster = Map.groupBy(assignments, ({ userId }) => userId.split("-")[0]);
    expect([...perCluster.values()].every((group) => group.length === 5)).toBe(true);
    expect(perCluster.size).toBeGreaterThan(0);
    expect(perCluster.size).toBeLessThan(8);
    expectProblem((await call({ programId: CLUSTER_PROGRAM, budget: 1, users: ["u1"] })).text, "cluster_required");
  });

  it("of a paused program are offered nothing", async () => {
    const users = [{ userId: "given", features: KNOWN }];
    expect(await allocated({ programId: PAUSED_PROGRAM, budget: 10, users })).toMatchObject({ offers: 0, value: 0 });
  });

  it.each<[string, object, string]>([
    ["an unknown program", { programId: "nowhere" }, "unknown_program"],
    ["a user twice", { users: ["a", "b", "a"] }, "invalid_request"],
    ["an unknown feature", { users: [{ userId: "a", features: { shoe_size: 1 } }] }, "unknown_feature"],
    ["a feature out of range", { users: [{ userId: "a", features: { recency: 99 } }] }, "invalid_feature"],
    ["a cap on no action", { caps: { actions: { fax: 1 } } }, "unknown_action"],
    ["an objective, which is the program's", { objective: "profit" }, "invalid_request"],
    ["too many users", { users: Array.from({ length: ALLOCATE_USERS_MAX + 1 }, (_, i) => `u${i}`) }, "invalid_request"],
  ])("are refused with %s", async (_, part, code) => {
    const answer = await call({ programId: TINY_PROGRAM, budget: 5, users: ["a"], ...part });
    expectProblem(answer.text, code as "invalid_request");
  });

  it("leave no trace: nothing is decided", async () => {
    await allocated({ programId: TINY_PROGRAM, budget: 10, users: ["stored"] });
    expect(await service.records()).toEqual([]);
  });
});
