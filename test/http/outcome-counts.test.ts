/** Outcomes in any order, repeated, early and late, through a kill. `bench/outcomes.ts` is the long form. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runOutcomes } from "../support/outcome-run.ts";
import { tinyModels } from "../support/tiny-program.ts";

it("count once each, and the ledger is right to the micro", { timeout: 240_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-outcomes-"));
  const models = await tinyModels();
  try {
    const options = { decisions: 600, connections: 4, seed: 1, progress: () => undefined };
    const { checks, duplicates, unknown } = await runOutcomes({ ...options, folder, modelsDir: models.path });
    for (const { what, expected, found } of checks) expect({ what, found }).toEqual({ what, found: expected });
    expect(duplicates).toBeGreaterThan(0);
    expect(unknown).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await models.remove();
  }
});
