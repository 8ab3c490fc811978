/** The program that is simulated, and a request to it. */
import type { Scores, Situation } from "../core/domain/decision.ts";
import type { Reserve } from "../core/domain/funding.ts";
import { type Action, NO_OFFER, type Program } from "../core/domain/program.ts";
import { volumesOf } from "../core/domain/resource.ts";
import { faceOf, type Users } from "./users.ts";

/**
 * Greedy and without holdout, since hindsight's optimum has neither exploration nor control group.
 *
 * @param reserve what is held for an offer: its expected cost, or its face value
 */
export function campaignWith(paidActions: number, reserve: Reserve = "expected"): Program {
  const offers = Array.from({ length: paidActions }, (_, i) =>
    actionNamed(`offer_${i + 1}`, reserve === "max" ? faceOf(i) : Infinity),
  );
  return {
    id: "simulated",
    version: 1,
    digest: "sha256:0",
    description: "",
    state: "live",
    shadows: null,
    currency: "USD",
    randomizationUnit: "user",
    actions: [actionNamed(NO_OFFER, Infinity), ...offers],
    routes: [{ when: null, model: { name: "simulated", version: "1" } }],
    objective: { costWeight: 0, value: [{ head: "value", weight: 1 }], cost: "cost" },
    eligibility: null,
    guardrails: { confidenceZ: 0, maxCostPerValue: Infinity, minEfficiency: 0 },
    holdout: { share: 0, salt: "holdout" },
    evaluation: { share: 0, salt: "evaluation", table: null },
    exploration: { strategy: "greedy", floor: 0, salt: "draw" },
    caps: [],
    funding: { pool: "simulated", reserve, terms: null },
    features: { maxAgeMs: Infinity, coldStart: "no_offer" },
    offerTtlMs: 86_400_000,
    stickyMs: null,
  };
}

function actionNamed(id: string, maxCost: number): Action {
  return {
    id,
    channel: null,
    volumes: id === NO_OFFER ? [] : volumesOf({ id, channel: null }),
    fixedCost: 0,
    maxCost,
    prior: null,
  };
}

/** What the service would gather for one user, and what may be spent on them. */
export type Request = Pick<Situation, "program" | "scores" | "pacing" | "availableMicros">;

export function situationOf({ program, scores, pacing, availableMicros }: Request): Situation {
  return {
    program,
    mode: program.state,
    facts: NOTHING_KNOWN,
    requested: null,
    withheld: null,
    closed: null,
    availableMicros,
    explorationMicros: null,
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
  return { value: values, valueStd: stds, cost: costs, replicates: null };
}
