/** Strategies over the wire: what is drawn from, what is logged, and that the log alone decides again. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { replayAll } from "../../src/cli/replay.ts";
import { composeReplay } from "../../src/compose/offline.ts";
import { readConfig } from "../../src/ops/config.ts";
import type { ModelsDirectory } from "../support/model-folders.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

let models: ModelsDirectory;
beforeAll(async () => {
  models = await tinyModels();
});
afterAll(() => models.remove());

const REQUESTS = Array.from({ length: 40 }, (_, i) => ({
  programId: TINY_PROGRAM,
  userId: "u",
  requestId: `r${i}`,
  features: { newbie: false },
}));

/** A service that decided all requests of one user under the program. */
async function decidedUnder(yaml: string): Promise<TestService> {
  const environment = { MODELS_DIR: models.path };
  const service = await startTestService({ environment, programs: { [TINY_PROGRAM]: yaml } });
  await service.putFeatures(TINY_USER, "u");
  await service.call("POST", "/v1/decide/batch", { body: { requests: REQUESTS } });
  return service;
}

async function differencesIn(service: TestService): Promise<number> {
  const config = readConfig({ DATA_DIR: service.dataDir });
  const { different } = await replayAll(composeReplay(config), await service.segments());
  return different;
}

it("thompson logs what each replicate said, and is decided again from the log alone", async () => {
  const thompson = TINY_YAML.replace("strategy: greedy", "strategy: thompson")
    .replace("maximize: value", "maximize: profit")
    .replace("valuePerUnit: 1", "valuePerUnit: 4");
  await using service = await decidedUnder(thompson);

  const records = await service.records();
  const [, mail] = records[0]?.candidates ?? [];
  // 4·(0.0078125 + 0.75·raw) for raw 0.0625 and 0.09375: less than its cost in one, as much in the other, where "mail"
  // comes before "no_offer".
  expect(mail).toMatchObject({ replicates: { value: [0.21875, 0.3125], cost: [0.25, 0.3125] }, inArm: 0.5, p: 0.5 });
  expect(records[0]?.candidates[0]).not.toHaveProperty("replicates");
  expect(new Set(records.map(({ action }) => action))).toEqual(new Set(["mail", "no_offer"]));
  expect(records).toHaveLength(REQUESTS.length);
  await service.shutDown();
  expect(await differencesIn(service)).toBe(0);
});

it.each(["skewed, epsilon: 0.4", "softmax, temperature: 0.05", "epsilon, epsilon: 0.4", "inverse-gap, gamma: 10"])(
  "%s draws, logs no replicates, and is decided again",
  async (strategy) => {
    const yaml = TINY_YAML.replace("strategy: greedy", `strategy: ${strategy}, floor: 0.01`);
    await using service = await decidedUnder(yaml);
    const records = await service.records();
    expect(records).toHaveLength(REQUESTS.length);
    for (const { candidates } of records) {
      for (const { p, pruned } of candidates) expect(p > 0 && p < 1).toBe(pruned === null);
      for (const candidate of candidates) expect(candidate).not.toHaveProperty("replicates");
    }
    await service.shutDown();
    expect(await differencesIn(service)).toBe(0);
  },
);
