import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OUTCOME_SCHEMA, OUTCOME_TYPES, type OutcomeRecord } from "../../../src/core/domain/outcome.ts";
import { CLOCK_SKEW_MS, type JoinTerms, joinOutcomes } from "../../../src/core/evaluation/join.ts";
import { programWith } from "../../support/programs.ts";

const TIME = "2026-11-21T20:00:00.000Z";
const DAY_MS = 86_400_000;
const terms: JoinTerms = { windowMs: 30 * DAY_MS, exposures: "reported", instantMs: Date.parse };
const plain = programWith();
const worth = {
  objective: { ...plain.objective, value: [{ head: "visit", weight: 0.9 }] },
  actions: plain.actions.map((action) => ({ ...action, fixedCost: action.id === "mens_email" ? 0.01 : 0 })),
};
const offered = { time: TIME, realizedAction: "mens_email" };
const control = { time: TIME, realizedAction: "no_offer" };

function outcome(change: Partial<OutcomeRecord>): OutcomeRecord {
  return {
    schema: OUTCOME_SCHEMA,
    outcomeId: "o1",
    decisionId: "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11",
    type: "conversion",
    head: null,
    value: null,
    cost: null,
    action: null,
    occurredAt: "2026-11-21T21:00:00Z",
    receivedAt: "2026-11-21T21:00:01Z",
    ...change,
  };
}

const after = (ms: number) => new Date(Date.parse(TIME) + ms).toISOString();
const join = (outcomes: readonly OutcomeRecord[], record = offered, over: Partial<JoinTerms> = {}) =>
  joinOutcomes(record, outcomes, { worth, terms: { ...terms, ...over } });

describe("the value and cost of a decision", () => {
  it("are its outcomes' money, exact to the micro, and what was observed of each head, weighed apart", () => {
    const row = join([
      outcome({ outcomeId: "a", value: 0.1 }),
      outcome({ outcomeId: "b", type: "reward", value: 0.2 }),
      outcome({ outcomeId: "c", type: "redemption", value: 29.99, cost: 0.5 }),
      outcome({ outcomeId: "d", head: "visit", value: 2 }),
      outcome({ outcomeId: "e", head: "spend", value: 40 }),
      outcome({ outcomeId: "f", type: "exposure", value: 7, cost: 7 }),
    ]);
    expect(row).toEqual({
      money: 30.29,
      heads: { visit: 2, spend: 40 },
      value: 32.09,
      redemptionCost: 0.5,
      fixedCost: 0.01,
      cost: 0.51,
      treatment: "mens_email",
      contaminated: false,
      counts: { exposure: 1, redemption: 1, conversion: 3, reward: 1, void: 0 },
      outside: 0,
    });
  });

  it("are nothing without outcomes but the fixed cost, which is owed unless the offer was voided", () => {
    expect(join([])).toMatchObject({ value: 0, cost: 0.01, treatment: null, heads: {} });
    expect(join([outcome({ type: "void" })])).toMatchObject({ cost: 0, treatment: "no_offer" });
    expect(join([], control)).toMatchObject({ value: 0, cost: 0, treatment: "no_offer" });
  });

  it.each([
    ["at the earliest clock", -CLOCK_SKEW_MS, 1],
    ["before it", -CLOCK_SKEW_MS - 1, 0],
    ["in the window's last millisecond", 30 * DAY_MS - 1, 1],
    ["at its end", 30 * DAY_MS, 0],
  ])("count what occurred %s by its own time, whenever it was received", (_, ms, counted) => {
    const row = join([outcome({ value: 1, occurredAt: after(ms), receivedAt: after(900 * DAY_MS) })]);
    expect([row.value, row.counts.conversion, row.outside]).toEqual([counted, counted, 1 - counted]);
  });

  it("count an id once: as it was received first", () => {
    const first = outcome({ value: 1, receivedAt: after(1) });
    expect(join([outcome({ value: 9, receivedAt: after(2) }), first, first]).value).toBe(1);
  });
});

describe("the realized treatment", () => {
  const exposure = (change: Partial<OutcomeRecord> = {}) => outcome({ type: "exposure", ...change });
  it("is that of the first exposure, or as decided where it names none", () => {
    expect(join([exposure()]).treatment).toBe("mens_email");
    const [late, early] = [
      exposure({ outcomeId: "a", action: "womens_email", occurredAt: after(9) }),
      exposure({ outcomeId: "b", action: "mens_email", occurredAt: after(8) }),
    ];
    expect(join([late, early]).treatment).toBe("mens_email");
    expect(join([exposure({ action: "womens_email" })])).toMatchObject({ treatment: "womens_email", fixedCost: 0 });
  });

  it("is nothing for a voided offer, unless somebody saw it", () => {
    const voided = outcome({ outcomeId: "v", type: "void" });
    expect(join([voided]).treatment).toBe("no_offer");
    expect(join([voided, exposure()])).toMatchObject({ treatment: "mens_email", fixedCost: 0.01 });
  });

  it("of an offer without an exposure is not known, or what was told where exposures are not reported", () => {
    expect(join([outcome({ value: 1 })]).treatment).toBeNull();
    expect(join([outcome({ value: 1 })], offered, { exposures: "assumed" }).treatment).toBe("mens_email");
  });

  it("of a control unit that was exposed to a paid action is contamination", () => {
    const seen = exposure({ action: "mens_email" });
    expect(join([seen], control)).toMatchObject({ contaminated: true, treatment: "mens_email", fixedCost: 0.01 });
    expect(join([exposure()], control)).toMatchObject({ contaminated: false, treatment: "no_offer" });
    expect(join([seen]).contaminated).toBe(false);
  });
});

describe("law: the row depends on what happened alone", () => {
  const amount = fc.option(fc.integer({ min: 0, max: 1e9 }).map((micros) => micros / 1e6));
  const outcomes = fc.array(
    fc.record({
      outcomeId: fc.constantFrom("a", "b", "c", "d", "e"),
      type: fc.constantFrom(...OUTCOME_TYPES),
      head: fc.constantFrom(null, "visit", "spend"),
      value: fc.oneof(amount, fc.double({ noNaN: true, min: -1e6, max: 1e6 })),
      cost: amount,
      action: fc.constantFrom(null, "no_offer", "mens_email", "womens_email"),
      occurredAt: fc.integer({ min: -DAY_MS, max: 40 * DAY_MS }).map(after),
      receivedAt: fc.constantFrom(after(1), after(2)),
    }),
    { maxLength: 8 },
  );
  const told = outcomes.chain((some) =>
    fc.record({
      some: fc.constant(some),
      again: fc.shuffledSubarray([...some, ...some, ...some], { minLength: 2 * some.length }),
    }),
  );

  it("for any permutation and duplication, bit for bit", () => {
    fc.assert(
      fc.property(told, fc.constantFrom(offered, control), ({ some, again }, record) => {
        const all = some.map(outcome);
        expect(join([...again, ...some].map(outcome), record)).toEqual(join(all, record));
      }),
    );
  });
});
