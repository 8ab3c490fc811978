import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { readScored } from "../compose/offline.ts";
import { replicateCount, seed, share } from "./uplift/options.ts";
import { measure } from "./uplift/measure.ts";
import { tellUplift } from "./uplift/summary.ts";

interface UpliftOptions {
  readonly data: string;
  readonly score: string;
  readonly scoreCost?: string;
  readonly treatment: string;
  readonly control: string;
  readonly action?: string;
  readonly outcome: string;
  readonly cost?: string;
  readonly propensity?: string;
  readonly unit?: string;
  readonly level: number;
  readonly replicates: number;
  readonly seed: number;
  readonly out?: string;
}

export function addUpliftCommand(program: Command): void {
  program
    .command("uplift")
    .description("How well scores rank who gains from an action, on a file of a randomized experiment")
    .requiredOption("--data <file>", "one row a decision (by its name NDJSON, CSV or Parquet)")
    .requiredOption("--score <column>", "the predicted effect on the outcome, or any number that ranks by it")
    .option("--score-cost <column>", "the predicted effect on the cost; then AUCC ranks by score per cost")
    .requiredOption("--treatment <column>", "which action a row was assigned")
    .requiredOption("--control <label>", "what rows that were assigned nothing have there")
    .option("--action <label>", "which action to compare with the control (default: the only other label)")
    .requiredOption("--outcome <column>", "what came of it; only where all are 0 or 1 there is a perfect ranking")
    .option("--cost <column>", "what it cost")
    .option("--propensity <column>", "how likely the row's own action was, in (0, 1]; rows weigh 1/p")
    .option("--unit <column>", "rows of one unit are drawn together by the bootstrap (default: a row is a unit)")
    .option("--level <share>", "of intervals", share, 0.95)
    .option("--replicates <count>", "of the bootstrap", replicateCount, 200)
    .option("--seed <number>", "of the bootstrap", seed, 1)
    .option("--out <folder>", "write uplift.json there: figures, curves, bins, and which normalisation each has")
    .action(async (options: UpliftOptions) => {
      const { data, out, level, replicates, seed: start, ...names } = options;
      const { action = null, scoreCost = null, cost = null, propensity = null, unit = null } = names;
      const labelled = await readScored(data, { ...names, action, scoreCost, cost, propensity, unit });
      const measured = measure(labelled, { level, replicates, seed: start, weighted: propensity !== null });
      console.log(tellUplift(measured));
      if (out === undefined) return;
      await mkdir(out, { recursive: true });
      await writeFile(join(out, "uplift.json"), `${JSON.stringify(measured, null, 2)}\n`);
    });
}
