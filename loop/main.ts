/**
 * The closed loop, end to end: a randomized start, export, training, shadow, promotion, serving under a budget, drift,
 * two retrainings, on the real service over HTTP in a world whose effects are known (loop/world.ts).
 *
 *     npm run loop -- [--seeds 1] [--small] [--python training/.venv/bin/python] [--out <folder>] [--plot <file.svg>]
 *
 * `--seed 9001` plays that one seed instead: to try things on one that is not reported.
 * Takes two to six minutes a seed, by how busy the machine is; `--small` (for CI: it shows that all of it works, there is
 * too little to learn from) some half a minute. Exit code 1 when a budget was not kept or a decision could not be replayed: that must
 * hold in every world. Profit is reported as it is.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type NamedFeature, readCustomers } from "../src/cli/demo/customers.ts";
import { plotOf } from "./loop-plot.ts";
import { isKept } from "./money.ts";
import { runSeed } from "./seed-run.ts";
import { type SeedSummary, summaryOf } from "./summary.ts";
import { tableOf } from "./table.ts";

/** Not among those that anything was tried on. */
const SEEDS = [101, 102, 103, 104, 105, 106, 107, 108, 109, 110];
const SIZES = {
  full: { customers: 16_000, arrivalsPerMonth: 40_000, stepHours: 3 },
  small: { customers: 2_000, arrivalsPerMonth: 3_000, stepHours: 12 },
} as const;
const FEATURES: readonly NamedFeature[] = [
  { name: "recency", kind: "numeric" },
  { name: "history_segment", kind: "categorical" },
  { name: "history", kind: "numeric" },
  { name: "mens", kind: "boolean" },
  { name: "womens", kind: "boolean" },
  { name: "zip_code", kind: "categorical" },
  { name: "newbie", kind: "boolean" },
  { name: "channel", kind: "categorical" },
];

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1" },
    seed: { type: "string" },
    small: { type: "boolean", default: false },
    python: { type: "string", default: fileURLToPath(new URL("../training/.venv/bin/python", import.meta.url)) },
    out: { type: "string" },
    plot: { type: "string" },
  },
});
const size = values.small ? SIZES.small : SIZES.full;
const out = values.out === undefined ? await mkdtemp(join(tmpdir(), "liftgate-loop-")) : resolve(values.out);
await mkdir(out, { recursive: true });
const customers = await readCustomers(FEATURES, size.customers);
const plot = resolve(values.plot ?? join(out, "loop.svg"));
const summaries: SeedSummary[] = [];
const seeds = values.seed === undefined ? SEEDS.slice(0, Number(values.seeds)) : [Number(values.seed)];
for (const seed of seeds) {
  summaries.push(await play(seed));
  await writeFile(plot, await plotOf(summaries));
  await writeFile(join(out, "loop.json"), JSON.stringify(summaries, undefined, 1));
}
console.log(tableOf(summaries));
console.log(`\nThe plot is ${plot}; the figures, models, programs and exports are in ${out}.`);
if (!summaries.every(holds)) process.exitCode = 1;

async function play(seed: number): Promise<SeedSummary> {
  const folder = join(out, `seed-${seed}`);
  const startedMs = performance.now();
  const run = await runSeed({
    seed,
    customers,
    arrivalsPerMonth: size.arrivalsPerMonth,
    stepHours: size.stepHours,
    folder,
    python: values.python,
    progress,
  });
  // Some hundreds of megabytes of logs, which the replay was the last to need.
  await rm(join(folder, "data"), { recursive: true });
  progress(`done in ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`);
  process.stderr.write("\n");
  return summaryOf(run);

  function progress(words: string): void {
    const isLive = process.stderr.isTTY;
    process.stderr.write(
      isLive ? `\r\u001b[2Kseed ${seed}  ${words}` : words.includes(":") ? "" : `seed ${seed}  ${words}\n`,
    );
  }
}

function holds({ months, replayed, decisions }: SeedSummary): boolean {
  return months.every(isKept) && replayed.endsWith(" 0 different") && Number.parseInt(replayed, 10) >= decisions;
}
