/** The program that is simulated, and a request to it. */
import type { Pacing, Scores, Situation } from "../core/domain/decision.ts";
import { toWholeMicros } from "../core/domain/money.ts";
import { type Action, NO_OFFER, type Program } from "../core/domain/program.ts";
import { volumesOf } from "../core/domain/resource.ts";
import type { Users } from "./users.ts";

/** Greedy and without holdout, since hindsight's optimum has neither exploration nor control group. */
export function campaignWith(paidActions: number): Program {
  const offers = Array.from({ length: paidActions }, (_, i) => `offer_${i + 1}`);
  return {
    id: "simulated",
    version: 1,
    digest: "sha256:0",
    description: "",
    state: "live",
    currency: "USD",
    randomizationUnit: "user",
    actions: [NO_OFFER, ...offers].map(actionNamed),
    routes: [{ when: null, model: { name: "simulated", version: "1" } }],
    objective: { costWeight: 0, value: [{ head: "value", weight: 1 }], cost: "cost" },
    eligibility: null,
    guardrails: { confidenceZ: 0, maxCostPerValue: Infinity, minEfficiency: 0 },
    holdout: { share: 0, salt: "holdout" },
    evaluation: { share: 0, salt: "evaluation" },
    exploration: { strategy: "greedy", floor: 0, salt: "draw" },
    caps: [],
    funding: null,
    features: { maxAgeMs: Infinity, coldStart: "no_offer" },
    offerTtlMs: 86_400_000,
  };
}

function actionNamed(id: string): Action {
  return {
    id,
    channel: null,
    volumes: id === NO_OFFER ? [] : volumesOf({ id, channel: null }),
    fixedCost: 0,
    maxCost: Infinity,
    prior: null,
  };
}

/** What the service would gather for one user. */
export interface Request {
  readonly program: Program;
  readonly scores: Scores;
  readonly pacing: Pacing;
  /** What the budget can still pay, and what each action would take from it; whole micros. */
  readonly availableMicros: number;
  readonly chargesMicros: readonly number[];
}

export function situationOf({ program, scores, pacing, availableMicros, chargesMicros }: Request): Situation {
  return {
    program,
    facts: NOTHING_KNOWN,
    requested: affordable(program, chargesMicros, availableMicros),
    withheld: null,
    closed: null,
    availableMicros: null,
    basis: "model",
    scores,
    pacing,
    draws: GREEDY_DRAWS,
  };
}

const NOTHING_KNOWN = { features: {}, context: {} };
const GREEDY_DRAWS = { arm: "policy", action: 0 } as const;

/** The scores of one user: true effects, known without error. */
export function scoresOf({ value, cost }: Users, user: number, paidActions: number): Scores {
  const from = user * paidActions;
  const values = [0];
  const costs = [0];
  const stds = [0];
  for (let action = 0; action < paidActions; action++) {
    values.push(value[from + action] as number);
    costs.push(cost[from + action] as number);
    stds.push(0);
  }
  return { value: values, valueStd: stds, cost: costs };
}

/** What offers of these costs take from the budget: whole numbers of micros. */
export function chargesOf({ cost }: Scores): readonly number[] {
  return cost.map((each) => toWholeMicros(Math.max(0, each)));
}

/** The actions the budget can still pay for; null when it can pay for all. */
function affordable(
  { actions }: Program,
  chargesMicros: readonly number[],
  availableMicros: number,
): readonly string[] | null {
  if (chargesMicros.every((charge) => charge <= availableMicros)) return null;
  return actions.filter((_, i) => (chargesMicros[i] as number) <= availableMicros).map(({ id }) => id);
}
