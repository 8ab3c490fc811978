/**
 * Decisions drawn for real in a world whose truth is known: the core's `decide`, the service's luck, a budget that
 * runs out, money for exploration that runs out sooner, an action that its volume closes, users whom a cap closes.
 *
 * What happens to one user depends on the draws for those before, never on their own: each comes once.
 */
import { chargeMicros } from "../../src/core/decision/charge.ts";
import { decide } from "../../src/core/decision/decide.ts";
import { explorationChargeMicros } from "../../src/core/decision/exploration-money.ts";
import { actionDraw, assignArm } from "../../src/core/decision/luck.ts";
import type { Decision, Exclusion, Situation } from "../../src/core/domain/decision.ts";
import { toMicros } from "../../src/core/domain/money.ts";
import type { Program, Strategy } from "../../src/core/domain/program.ts";
import { Random } from "../../src/simulation/random.ts";
import { actionsNamed, programWith, scoresOf, situationWith, UNPACED, withReplicates } from "./programs.ts";

/** Every strategy, in a setting in which it explores. */
export const STRATEGIES: readonly Strategy[] = [
  { strategy: "greedy" },
  { strategy: "epsilon", epsilon: 0.2 },
  { strategy: "skewed", epsilon: 0.3, evenShare: 0.2, costUnit: 0.2 },
  { strategy: "softmax", temperature: 0.1 },
  { strategy: "inverse-gap", gamma: 10, gapUnit: 0.2 },
  { strategy: "thompson" },
];

/**
 * When money and volume are asked. `after the draw` is the mistake: what cannot be paid is drawn all the same, then
 * `no_offer` is given, and the propensity stays as drawn.
 */
export type Gate = "before the draw" | "after the draw";

export interface Drawing {
  readonly strategy: Strategy;
  readonly users: number;
  readonly seed: number;
  readonly gate: Gate;
}

/** One decision as logged, and what came of it. */
export interface Drawn {
  readonly situation: Situation;
  readonly decision: Decision;
  /** The action that was given. */
  readonly action: number;
  readonly propensity: number;
  readonly reward: number;
  /** The expected reward of every action for this user. */
  readonly truth: readonly number[];
}

const PAID = ["app", "call", "mail"];
const MAX_COST = 0.6;
const REPLICATES = 8;
/** The money is there again after so many users, and is gone after some two thirds of them. */
const USERS_A_PERIOD = 2_000;
const MONEY_A_PERIOD_MICROS = 220e6;
const CALLS_A_PERIOD = 250;
/** λ changes so often. */
const USERS_AN_EPOCH = 100;
/** Users whom an earlier offer closes all but calls. */
const CAPPED_SHARE = 0.15;
const NOISE = 0.3;

/** So much that the money for exploration is gone in some periods before the budget is: greedy has its floor only. */
function explorationShareOf({ strategy }: Strategy): number {
  return strategy === "greedy" ? 0.03 : 0.15;
}

function programDrawing(strategy: Strategy): Program {
  return programWith({
    actions: actionsNamed(...PAID).map((action, i) => (i === 0 ? action : { ...action, maxCost: MAX_COST })),
    exploration: { ...strategy, floor: 0.02, budgetShare: explorationShareOf(strategy), salt: "draw" },
    holdout: { share: 0.05, salt: "holdout" },
    evaluation: { share: 0.1, salt: "evaluation", table: [0.4, 0.2, 0.1, 0.3] },
    funding: { pool: "p", reserve: "expected", terms: null },
  });
}

/** What is left in the present period. */
interface Purse {
  moneyMicros: number;
  explorationMicros: number;
  calls: number;
}

/** All decisions, one after the other. */
export function* drawDecisions({ strategy, users, seed, gate }: Drawing): Generator<Drawn> {
  const program = programDrawing(strategy);
  const random = new Random(seed, "drawn-world");
  let purse = fullPurse(strategy);
  let lambda = 0;
  for (let user = 0; user < users; user++) {
    if (user % USERS_A_PERIOD === 0) purse = fullPurse(strategy);
    if (user % USERS_AN_EPOCH === 0) lambda = random.between(0, 0.5);
    const truth = [0, ...PAID.map(() => random.between(-0.2, 0.8))];
    const unit = `user-${seed}-${user}`;
    const closed = random.uniform() < CAPPED_SHARE ? CAPPED : OPEN;
    const asked = gate === "before the draw";
    const situation = situationWith(program, {
      scores: scoresFor(truth, random),
      pacing: { ...UNPACED, lambda },
      closed: asked && purse.calls < 1 ? closed.map((reason, i) => (i === CALL ? "action_limit" : reason)) : closed,
      availableMicros: asked ? purse.moneyMicros : Number.MAX_SAFE_INTEGER,
      explorationMicros: purse.explorationMicros,
      draws: { arm: assignArm(program, unit), action: actionDraw(program, unit, `request-${user}`) },
    });
    const decision = decide(situation);
    const action = isCovered(situation, decision, purse) ? decision.chosen : 0;
    if (action === decision.chosen) pay(situation, decision, purse);
    const reward = (truth[action] as number) + NOISE * random.normal();
    const propensity = decision.marginal[decision.chosen] as number;
    yield { situation, decision, action, propensity, reward, truth };
  }
}

const CALL = PAID.indexOf("call") + 1;
const OPEN: readonly (Exclusion | null)[] = [null, null, null, null];
const CAPPED = OPEN.map((_, i) => (i === 0 || i === CALL ? null : ("cap_reached" as const)));

function fullPurse(strategy: Strategy): Purse {
  return {
    moneyMicros: MONEY_A_PERIOD_MICROS,
    explorationMicros: explorationShareOf(strategy) * MONEY_A_PERIOD_MICROS,
    calls: CALLS_A_PERIOD,
  };
}

/** The model is wrong about everybody, by as much as its replicates spread. */
function scoresFor(truth: readonly number[], random: Random): Situation["scores"] {
  const error = (): number => 0.2 * random.normal();
  const cost = truth.map(() => toMicros(random.between(0.05, MAX_COST - 0.05)));
  const value = truth.map((reward) => toMicros(reward + error()));
  const paid = value.map((worth, i): [number, number, number] => [worth, 0.2, cost[i] as number]).slice(1);
  const replicates = paid.map(([worth, , spend]) =>
    Array.from({ length: REPLICATES }, (): [number, number] => [toMicros(worth + error()), spend]),
  );
  return withReplicates(scoresOf(paid), replicates);
}

function isCovered(situation: Situation, { chosen }: Decision, { moneyMicros, calls }: Purse): boolean {
  return chargeMicros(situation, chosen) <= moneyMicros && (chosen !== CALL || calls >= 1);
}

function pay(situation: Situation, decision: Decision, purse: Purse): void {
  purse.moneyMicros -= chargeMicros(situation, decision.chosen);
  purse.explorationMicros -= explorationChargeMicros(situation, decision);
  if (decision.chosen === CALL) purse.calls -= 1;
}
