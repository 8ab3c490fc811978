/** The program as it goes from version to version: a randomized start, then policies and their shadows. */
import { EPOCH_SECONDS } from "./service.ts";
import { BUDGET_USD, OFFERS, ORDER_DAYS_MAX, ORDER_USD } from "./world.ts";

export const PROGRAM = "winback";
export const SHADOW = "winback-next";
export const MODEL = "winback-offers";

export interface Version {
  readonly id: typeof PROGRAM | typeof SHADOW;
  readonly version: number;
  readonly model: string;
}

/** Of the offers' expected cost; far above any, so that it never decides. */
const MAX_COST_USD = 6;

/** Three in ten are drawn evenly among the offers; the others wait for a model that knows something. */
export function randomizedStart(model: string): string {
  return fileOf({ id: PROGRAM, version: 1, model }, { holdout: 0.02, evaluation: 0.3, gamma: 1_000 });
}

/**
 * While effects are uncertain one in twenty is drawn evenly, which takes an eighth of the budget: what the next training
 * learns from, with what is explored near the best offer (behind by 10 cents: one draw in ten). At the end one in
 * a thousand, half the holdout, and little else: what is enough is the operator's choice, and no training follows.
 */
export function policy(version: Version, phase: "learning" | "settled"): string {
  return fileOf(version, POLICIES[phase]);
}

const POLICIES = {
  learning: { holdout: 0.02, evaluation: 0.05, gamma: 60 },
  settled: { holdout: 0.01, evaluation: 0.001, gamma: 1_000 },
} as const;

interface Exploring {
  readonly holdout: number;
  readonly evaluation: number;
  readonly gamma: number;
}

function fileOf({ id, version, model }: Version, { holdout, evaluation, gamma }: Exploring): string {
  const isShadow = id === SHADOW;
  const offers = OFFERS.map(
    ({ id: offer, channel, fixedCost }) =>
      `  - { id: ${offer}, channel: ${channel}, fixedCost: ${fixedCost}, maxCost: ${MAX_COST_USD} }`,
  );
  const table = ["no_offer: 0.1", ...OFFERS.map(({ id: offer }) => `${offer}: 0.3`)].join(", ");
  const own = `amount: ${BUDGET_USD}, period: { every: month, timezone: UTC }, epoch: ${EPOCH_SECONDS}s`;
  return `${[
    `program: ${id}`,
    `version: ${version}`,
    "description: Win-back offers of the closed loop",
    isShadow ? `state: shadow\nshadows: ${PROGRAM}` : "state: live",
    "randomizationUnit: user",
    "currency: USD",
    "actions:",
    "  - { id: no_offer }",
    ...offers,
    "models:",
    `  - { model: ${MODEL}@${model} }`,
    "objective:",
    "  maximize: profit",
    `  value: [{ head: order, valuePerUnit: ${ORDER_USD} }]`,
    "  cost: voucher",
    `holdout: { share: ${holdout}, salt: loop-holdout }`,
    `evaluation: { share: ${evaluation}, salt: loop-evaluation, table: { ${table} } }`,
    `exploration: { strategy: inverse-gap, gamma: ${gamma}, gapUnit: 1 }`,
    "features: { maxAge: 400d, coldStart: no_offer }",
    `offerTtl: ${ORDER_DAYS_MAX}d`,
    isShadow ? `budget: { pool: ${PROGRAM}, reserve: expected }` : `budget: { ${own}, reserve: expected }`,
  ].join("\n")}\n`;
}
