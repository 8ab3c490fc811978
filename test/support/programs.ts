/** Programs and situations for tests of the core: plain data, and generators of all of it. */
import fc from "fast-check";
import type { Pacing, Scores, Situation } from "../../src/core/domain/decision.ts";
import { ARMS, BASES } from "../../src/core/domain/decision.ts";
import type { Action, Exploration, Program, Strategy } from "../../src/core/domain/program.ts";
import { NO_OFFER } from "../../src/core/domain/program.ts";
import { volumesOf } from "../../src/core/domain/resource.ts";

const OFFER: Omit<Action, "id" | "volumes"> = { channel: "email", fixedCost: 0, maxCost: Infinity, prior: null };
export const UNPACED: Pacing = { epoch: 0, lambda: 0, mu: {}, rho: null, inPeriod: null };

export function actionsNamed(...ids: readonly string[]): readonly Action[] {
  return [NO_OFFER, ...ids].map((id) => ({
    ...OFFER,
    id,
    volumes: id === NO_OFFER ? [] : volumesOf({ id, channel: "email" }),
  }));
}

/** A program with two e-mails and no guardrails; parts can be replaced. */
export function programWith(parts: Partial<Program> = {}): Program {
  return {
    id: "test-program",
    version: 1,
    digest: `sha256:${"0".repeat(64)}`,
    description: "",
    state: "live",
    shadows: null,
    currency: "USD",
    randomizationUnit: "user",
    actions: actionsNamed("mens_email", "womens_email"),
    routes: [{ when: null, model: { name: "m", version: "1" } }],
    objective: { costWeight: 1, value: [{ head: "visit", weight: 1 }], cost: "incentive" },
    eligibility: null,
    guardrails: { confidenceZ: 0, maxCostPerValue: Infinity, minEfficiency: 0 },
    holdout: { share: 0, salt: "holdout" },
    evaluation: { share: 0, salt: "evaluation", table: null },
    exploration: { strategy: "greedy", floor: 0, salt: "draw" },
    caps: [],
    funding: null,
    features: { maxAgeMs: 86_400_000, coldStart: "no_offer" },
    offerTtlMs: 86_400_000,
    stickyMs: null,
    ...parts,
  };
}

/** A situation of a scored user in the policy arm; parts can be replaced. */
export function situationWith(program: Program, parts: Partial<Situation> = {}): Situation {
  return {
    program,
    mode: program.state,
    facts: { features: {}, context: {} },
    requested: null,
    withheld: null,
    closed: null,
    availableMicros: null,
    explorationMicros: null,
    basis: "model",
    scores: scoresOf(program.actions.slice(1).map(() => [1, 0, 0.5])),
    pacing: UNPACED,
    draws: { arm: "policy", action: 0 },
    ...parts,
  };
}

/** Scores of the paid actions as [value, valueStd, cost]. */
export function scoresOf(paid: readonly (readonly [number, number, number])[]): Scores {
  return {
    value: [0, ...paid.map(([value]) => value)],
    valueStd: [0, ...paid.map(([, std]) => std)],
    cost: [0, ...paid.map(([, , cost]) => cost)],
    replicates: null,
  };
}

/** The scores with V^(b) and c^(b) of each paid action, one [value, cost] a replicate. */
export function withReplicates(scores: Scores, paid: readonly (readonly (readonly [number, number])[])[]): Scores {
  const value = [[], ...paid.map((replicates) => replicates.map(([worth]) => worth))];
  const cost = [[], ...paid.map((replicates) => replicates.map(([, spend]) => spend))];
  return { ...scores, replicates: { value, cost } };
}

const share = fc.double({ min: 0, max: 0.5, noNaN: true });
/** Money as models produce it: mostly ordinary, sometimes negative, huge, or not a number. */
const score = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: -1, max: 3, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, 0, -0, 1e-300, -1e300, 1e300) },
);

const probability = fc.double({ min: 0, max: 1, noNaN: true });
const unitOfMoney = fc.double({ min: 1e-6, max: 100, noNaN: true });

/** Every strategy, in any of its settings. */
export const ANY_STRATEGY: Readonly<Record<Strategy["strategy"], fc.Arbitrary<Strategy>>> = {
  greedy: fc.constant({ strategy: "greedy" }),
  epsilon: fc.record({ strategy: fc.constant("epsilon" as const), epsilon: probability }),
  skewed: fc.record({
    strategy: fc.constant("skewed" as const),
    epsilon: probability,
    evenShare: probability,
    costUnit: unitOfMoney,
  }),
  softmax: fc.record({ strategy: fc.constant("softmax" as const), temperature: unitOfMoney }),
  "inverse-gap": fc.record({
    strategy: fc.constant("inverse-gap" as const),
    gamma: fc.double({ min: 0, max: 1e5, noNaN: true }),
    gapUnit: fc.double({ min: 0.01, max: 100, noNaN: true }),
  }),
  thompson: fc.constant({ strategy: "thompson" }),
};

const weight = fc.double({ min: 1e-300, max: 1, noNaN: true });

function anyExploration(actions: number): fc.Arbitrary<Exploration> {
  const floor = fc.double({ min: 0, max: 1 / actions, noNaN: true });
  return fc
    .tuple(fc.oneof(...Object.values(ANY_STRATEGY)), floor)
    .map(([strategy, least]) => ({ ...strategy, floor: least, salt: "draw" }));
}

/** Any program the contract admits, as far as deciding is concerned. */
const anyProgram: fc.Arbitrary<Program> = fc.integer({ min: 1, max: 12 }).chain((paid) =>
  fc
    .record({
      exploration: anyExploration(paid + 1),
      holdoutShare: share,
      evaluationShare: share,
      table: fc.option(
        fc
          .tuple(weight, fc.array(fc.oneof(weight, fc.constant(0)), { minLength: paid, maxLength: paid }))
          .map(([none, others]) => [none, ...others]),
      ),
      eligibility: fc.constantFrom(
        null,
        () => true,
        () => false,
      ),
      costWeight: fc.constantFrom(0 as const, 1 as const),
      confidenceZ: fc.double({ min: 0, max: 3, noNaN: true }),
      maxCostPerValue: fc.constantFrom(0.5, 1, Infinity),
      maxCost: fc.constantFrom(0.2, 1, Infinity),
      funding: fc.constantFrom(
        null,
        { pool: "p", reserve: "max" as const, terms: null },
        { pool: "p", reserve: "expected" as const, terms: null },
      ),
    })
    .map((parts) =>
      programWith({
        actions: actionsNamed(...Array.from({ length: paid }, (_, i) => `action_${i}`)).map((action, i) =>
          i === 0 ? action : { ...action, maxCost: parts.maxCost },
        ),
        exploration: parts.exploration,
        holdout: { share: parts.holdoutShare, salt: "holdout" },
        evaluation: { share: parts.evaluationShare, salt: "evaluation", table: parts.table },
        eligibility: parts.eligibility,
        funding: parts.funding,
        objective: { costWeight: parts.costWeight, value: [], cost: "incentive" },
        guardrails: { confidenceZ: parts.confidenceZ, maxCostPerValue: parts.maxCostPerValue, minEfficiency: 0 },
      }),
    ),
);

function anyPacing({ actions }: Program): fc.Arbitrary<Pacing> {
  const price = fc.double({ min: 0, max: 5, noNaN: true });
  return fc.record({
    epoch: fc.nat(),
    lambda: price,
    mu: fc.constantFrom({}, { "action:action_0": 0.25 }, { "channel:email": 0.125, "action:action_1": 0.5 }),
    rho: fc.constant(null),
    inPeriod: fc.option(
      fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: actions.length, maxLength: actions.length }),
    ),
  });
}

/** With replicates where the program draws by them and a model scored; they need not agree with the scores. */
function anyScores({ actions, exploration }: Program): fc.Arbitrary<Scores> {
  const each = { minLength: actions.length - 1, maxLength: actions.length - 1 };
  const scores = fc.array(fc.tuple(score, score.map(Math.abs), score), each).map(scoresOf);
  if (exploration.strategy !== "thompson") return scores;
  const replicates = fc.integer({ min: 1, max: 8 }).chain((count) => {
    const drawn = fc.array(fc.tuple(score, score), { minLength: count, maxLength: count });
    return fc.tuple(scores, fc.array(drawn, each)).map(([means, paid]) => withReplicates(means, paid));
  });
  return fc.oneof({ weight: 1, arbitrary: scores }, { weight: 3, arbitrary: replicates });
}

/** Any situation of any program. */
export const anySituation: fc.Arbitrary<Situation> = anyProgram.chain((program) => {
  const paid = program.actions.slice(1);
  return fc
    .record({
      mode: fc.constantFrom("live", "live", "live", "shadow", "log-only" as const),
      requested: fc.option(fc.subarray(paid.map(({ id }) => id))),
      withheld: fc.constantFrom(null, null, null, "unavailable" as const, "cold_start" as const),
      basis: fc.constantFrom(...BASES),
      scores: anyScores(program),
      closed: fc.option(
        fc.tuple(
          ...program.actions.map((_, i) =>
            i === 0 ? fc.constant(null) : fc.constantFrom(null, "cap_reached" as const),
          ),
        ),
      ),
      availableMicros: program.funding === null ? fc.constant(null) : fc.nat({ max: 1_500_000 }),
      explorationMicros: program.funding === null ? fc.constant(null) : fc.option(fc.nat({ max: 1_500_000 })),
      pacing: anyPacing(program),
      arm: fc.constantFrom(...ARMS),
      action: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    })
    .map(({ arm, action, ...parts }) => situationWith(program, { ...parts, draws: { arm, action } }));
});
