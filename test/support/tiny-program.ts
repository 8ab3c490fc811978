/**
 * A program on the tiny model of `test/golden/onnx`, whose figures can be checked by hand.
 *
 * For `TINY_USER` with `newbie: false` its golden rows say, mean over two replicates:
 *   visit      mail (0.0625 + 0.09375)/2 = 0.078125, calibrated 0.0078125 + 0.75·0.078125 = 0.06640625, to the micro
 *              call (−0.0625 − 0.046875)/2 < 0
 *   incentive  mail (0.25 + 0.3125)/2 = 0.28125
 */
import { ModelsDirectory, TINY, TINY_DIRECTORY } from "./model-folders.ts";

export const TINY_PROGRAM = "tiny-mail";
export const TINY_USER = { recency: 3, spent: 20.5, channel: "phone" } as const;
export const MAIL_VALUE = 0.066406;
export const MAIL_COST = 0.28125;

export const TINY_YAML = `program: ${TINY_PROGRAM}
version: 1
state: live
randomizationUnit: user
currency: EUR
actions:
  - { id: no_offer }
  - { id: mail, channel: email, fixedCost: 0, prior: { value: 2, cost: 0.5 } }
  - { id: call, channel: phone, fixedCost: 0, prior: { value: 1, cost: 0.5 } }
models:
  - { model: tiny@1 }
objective: { maximize: value, value: [{ head: visit, valuePerUnit: 1 }], cost: incentive }
exploration: { strategy: greedy }
features: { maxAge: 24h, coldStart: no_offer }
`;

/** A models directory that holds the tiny model. Remove it when done. */
export async function tinyModels(): Promise<ModelsDirectory> {
  const models = await ModelsDirectory.create();
  await models.add(TINY_DIRECTORY, TINY);
  return models;
}

/**
 * The tiny model with a graph that fails at run time on rows with a value of 1 or more. Its golden rows are
 * 64 times the one row below 1, so that verification, which runs only them, passes.
 */
export async function modelsThatThrow(): Promise<ModelsDirectory> {
  const models = await tinyModels();
  await models.useGraph("fails-on-large");
  await models.patchManifest(TINY, ["graph", "treeOnly"], false);
  await models.patchGolden(
    TINY,
    ["rows"],
    Array.from({ length: 64 }, () => HARMLESS_ROW),
  );
  return models;
}

/** The values the graph does not fail on. */
export const HARMLESS_USER = { recency: 0, spent: 0.5, channel: "web" } as const;

const HARMLESS_ROW = {
  tags: ["edge"],
  raw: { ...HARMLESS_USER, newbie: false },
  encoded: [0, 0.5, 0, 0],
  outputs: {
    visit: [
      [0.0625, 0.09375],
      [-0.0625, -0.046875],
    ],
    incentive: [
      [0.25, 0.3125],
      [1.5, 1.25],
    ],
    visit_baseline: 0.1875,
  },
  bestAction: "mail",
  nearTie: false,
};
