/**
 * Programs that have between them everything a program may have, on the tiny model and on one that throws; and how they
 * change over their versions. Amounts are small enough to run out.
 */
import { ModelsDirectory, TINY, TINY_DIRECTORY } from "./model-folders.ts";
import { modelsThatThrow } from "./tiny-program.ts";

const FRAGILE = "fragile/1";

/** The tiny model, and a copy that fails on rows with a value of 1 or more. Remove it when done. */
export async function mixedModels(): Promise<ModelsDirectory> {
  const models = await modelsThatThrow();
  await models.addAs(TINY, FRAGILE);
  await models.patchManifest(FRAGILE, ["name"], "fragile");
  await models.add(TINY_DIRECTORY, TINY);
  return models;
}

interface Parts {
  readonly state?: string;
  readonly unit?: "user" | "cluster";
  readonly model?: string;
  readonly objective?: "profit" | "value";
  readonly coldStart?: string;
  readonly maxAge?: string;
  readonly exploration: string;
  /** Further lines. */
  readonly more?: readonly string[];
}

/** By id; every version of a program is another file. */
export function mixedPrograms(version: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(partsIn(version)).map(([id, parts]) => [id, yamlOf(id, version, parts)]));
}

const ARMS = [
  "holdout: { share: 0.1, salt: holdout }",
  "evaluation: { share: 0.2, salt: evaluation, table: { no_offer: 0.5, mail: 0.3, call: 0.2 } }",
];
const EVEN_ARMS = ["holdout: { share: 0.05, salt: out }", "evaluation: { share: 0.1, salt: even }"];

function partsIn(version: number): Readonly<Record<string, Parts>> {
  const isOdd = version % 2 === 1;
  // Every other version is below what was spent: then there is nothing to offer.
  const amount = isOdd ? 400 * version : 1;
  const own = (more: string) => `budget: { amount: ${amount}, period: { every: year, timezone: UTC }, ${more} }`;
  const volumes = `volumes: [{ action: mail, max: ${200 * version} }, { channel: phone, max: 5 }]`;
  return {
    greedy: { exploration: "strategy: greedy", more: [...ARMS, own(`reserve: max, epoch: 1s, ${volumes}`)] },
    epsilon: {
      exploration: `strategy: epsilon, epsilon: ${isOdd ? 0.2 : 0.4}, floor: 0.02`,
      more: [...EVEN_ARMS, "budget: { pool: greedy, reserve: max }"],
    },
    skewed: {
      exploration: "strategy: skewed, epsilon: 0.5, costUnit: 0.5",
      more: [
        ...ARMS,
        "caps: [{ scope: user, max: 2, per: 30d }, { scope: user, channel: email, max: 9, per: 1h, across: all }]",
      ],
    },
    softmax: {
      objective: "profit",
      exploration: "strategy: softmax, temperature: 0.3, floor: 0.05",
      more: [...EVEN_ARMS, "cooldowns: [{ scope: user, for: 1h }]"],
    },
    "inverse-gap": {
      unit: "cluster",
      exploration: "strategy: inverse-gap, gamma: 10",
      more: [...ARMS, "caps: [{ scope: cluster, action: mail, max: 3, per: { every: day, timezone: Europe/Berlin } }]"],
    },
    thompson: {
      exploration: "strategy: thompson, floor: 0.01, budgetShare: 0.02",
      more: [...EVEN_ARMS, own("reserve: expected, epoch: 1s")],
    },
    exploring: {
      exploration: "strategy: epsilon, epsilon: 0.9, budgetShare: 0.001",
      more: ["budget: { amount: 5000, period: { every: month, timezone: America/New_York }, reserve: max, epoch: 1s }"],
    },
    judged: {
      state: "log-only",
      exploration: "strategy: inverse-gap, gamma: 5",
      more: ["guardrails: { minConfidence: 0.99 }"],
    },
    candidate: {
      state: "shadow\nshadows: epsilon",
      exploration: "strategy: thompson, floor: 0.03",
      more: [...ARMS, "budget: { pool: greedy, reserve: max }"],
    },
    switched: { state: isOdd ? "paused" : "live", exploration: "strategy: greedy", more: EVEN_ARMS },
    sticky: {
      exploration: "strategy: epsilon, epsilon: 1",
      more: ["stickiness: { by: user, window: 1h }", "caps: [{ scope: user, max: 3, per: 7d }]"],
    },
    prior: { coldStart: "prior", exploration: "strategy: softmax, temperature: 1", more: ARMS },
    stale: { coldStart: "explore", maxAge: "60s", exploration: "strategy: greedy", more: EVEN_ARMS },
    fragile: { model: "fragile@1", exploration: "strategy: epsilon, epsilon: 0.3", more: EVEN_ARMS },
    absent: { model: "tiny@9", exploration: "strategy: greedy" },
    guarded: {
      objective: "profit",
      exploration: "strategy: inverse-gap, gamma: 100",
      more: [
        `eligibility: 'features.recency <= 9.0 && context.surface != "blocked"'`,
        "guardrails: { maxCostPerValue: 0.5, minEfficiency: 2.5 }",
      ],
    },
  };
}

function yamlOf(id: string, version: number, parts: Parts): string {
  const { state = "live", unit = "user", model = "tiny@1", objective = "value" } = parts;
  const { coldStart = "no_offer", maxAge = "24h", exploration, more = [] } = parts;
  return [
    `program: ${id}`,
    `version: ${version}`,
    `state: ${state}`,
    `randomizationUnit: ${unit}`,
    "currency: EUR",
    "actions:",
    "  - { id: no_offer }",
    "  - { id: mail, channel: email, fixedCost: 0.05, maxCost: 0.6, prior: { value: 2, cost: 0.5 } }",
    "  - { id: call, channel: phone, fixedCost: 0.01, maxCost: 2, prior: { value: 1, cost: 0.4 } }",
    `models: [{ model: ${model} }]`,
    `objective: { maximize: ${objective}, value: [{ head: visit, valuePerUnit: 20 }], cost: incentive }`,
    `exploration: { ${exploration} }`,
    `features: { maxAge: ${maxAge}, coldStart: ${coldStart} }`,
    ...more,
    "",
  ].join("\n");
}
