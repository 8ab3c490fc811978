import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/decision/decide.ts";
import { recordOf, situationOf } from "../../../src/core/decision/record.ts";
import { replay } from "../../../src/core/decision/replay.ts";
import type { DecisionRecord } from "../../../src/core/domain/record.ts";
import { programWith, scoresOf, situationWith } from "../../support/programs.ts";

const program = programWith({ exploration: { strategy: "epsilon", epsilon: 0.3, floor: 0, salt: "draw" } });
const situation = situationWith(program, {
  facts: { features: { recency: 6 }, context: { surface: 7 } },
  scores: scoresOf([
    [1, 0.1, 0.5],
    [0.5, NaN, 0.2],
  ]),
  draws: { arm: "policy", action: 0.5 },
});
const record: DecisionRecord = recordOf(situation, decide(situation), {
  decisionId: "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11",
  requestId: "r",
  question: null,
  window: null,
  expiresAt: "2026-11-22T20:00:00.000Z",
  time: "2026-11-21T20:00:00.000Z",
  status: "normal",
  user: "u",
  unit: "u",
  model: null,
  features: null,
  override: null,
  reservation: null,
  active: [],
  latencyMs: 1,
});

describe("a record", () => {
  it("writes what does not exist as null, the surface as text, and what was drawn twice", () => {
    expect(record.candidates[2]).toMatchObject({ value: 0.5, valueStd: null, net: null, pruned: "unpriced", p: 0 });
    expect(record).toMatchObject({ surface: "7", action: "mens_email", realizedAction: "mens_email", override: null });
    expect(
      recordOf({ ...situation, facts: { features: {}, context: {} } }, decide(situation), { ...record, latencyMs: 1 })
        .surface,
    ).toBeNull();
  });

  it("is the situation it was made in", () => {
    expect(situationOf(JSON.parse(JSON.stringify(record)), program)).toEqual(situation);
  });

  it("writes −0 as 0", () => {
    const negative = situationWith(program, {
      scores: scoresOf([
        [1, 0, -0],
        [1, 0, -0],
      ]),
    });
    const cost = recordOf(negative, decide(negative), record).candidates[1]?.cost;
    expect(Object.is(cost, 0)).toBe(true);
  });
});

describe("replay", () => {
  const [none, mens, womens] = record.candidates;
  const withMens = (change: object) =>
    ({ ...record, candidates: [none, { ...mens, ...change }, womens] }) as DecisionRecord;

  it("finds nothing in an untouched record", () => {
    expect(replay(JSON.parse(JSON.stringify(record)), program)).toEqual([]);
  });

  it.each<[string, DecisionRecord, readonly string[]]>([
    ["action", { ...record, action: "no_offer" }, ["action"]],
    ["propensity by one bit", { ...record, propensity: record.propensity - 2 ** -53 }, ["propensity"]],
    ["arm's share", { ...record, armShare: 0.9 }, ["armShare"]],
    ["net", withMens({ net: 0.6 }), ["candidates[1].net"]],
    ["exclusion", withMens({ excluded: "paused" }), ["candidates[1].excluded"]],
    ["pruning", withMens({ pruned: "no_value" }), ["candidates[1].pruned"]],
    ["probability in the arm", withMens({ inArm: 0.5 }), ["candidates[1].inArm"]],
    ["marginal probability", withMens({ p: 0.5 }), ["candidates[1].p"]],
    ["action's name", withMens({ action: "mens_mail" }), ["candidates[1].action"]],
    [
      "deviation, which makes an action live",
      { ...record, candidates: [none, mens, { ...womens, valueStd: 0 }] } as DecisionRecord,
      [
        "propensity",
        "candidates[0].inArm",
        "candidates[0].p",
        "candidates[1].inArm",
        "candidates[1].p",
        "candidates[2].net",
        "candidates[2].pruned",
        "candidates[2].inArm",
        "candidates[2].p",
      ],
    ],
    ["luck", { ...record, u: 0 }, ["action", "propensity"]],
    ["missing candidate", { ...record, candidates: record.candidates.slice(0, 2) }, ["candidates"]],
  ])("finds a changed %s, and nothing else", (_, tampered, fields) => {
    expect(replay(tampered, program)).toEqual(fields);
  });

  it("finds what another program would have decided", () => {
    const greedy = programWith({ exploration: { strategy: "greedy", floor: 0, salt: "draw" } });
    expect(replay(record, greedy)).toContain("propensity");
  });
});
