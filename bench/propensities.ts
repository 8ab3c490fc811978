/**
 * Whether logged propensities are those of what was given, over a million decisions of every strategy: inverse
 * propensity weights against the known truth, the mean weight, χ² and the e-process; and that the same find a gate that
 * acts after the draw.
 *
 *     npm run bench:propensities [-- --users N --seed S]
 *
 * The tests of `npm test` ask the same of 20,000. The exit code is 1 where anything says otherwise than it should.
 */
import { parseArgs } from "node:util";
import { type Gate, STRATEGIES } from "../test/support/drawn-world.ts";
import { type Verdict, verdictOn } from "../test/support/drawn-verdict.ts";

/** Four looks at each of six strategies: a true one is beyond 3.5 in one run of a hundred. */
const STANDARD_ERRORS_MAX = 3.5;
/** χ² with 3 degrees of freedom: P(χ² > 21.1) = 1e-4. */
const CHI_SQUARE_MAX = 21.1;
const P_VALUE_MIN = 1e-3;
const TOLD_EVERY = 20_000;

const { values: options } = parseArgs({
  options: { users: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const users = Number(options.users);
const seed = Number(options.seed);

console.log("| strategy | gate | uniform: estimate (truth) | greedy: estimate (truth) | mean weights | χ²(3) | p |");
console.log("|---|---|---|---|---|---|---|");
let failed = 0;
for (const strategy of STRATEGIES) {
  for (const gate of ["before the draw", "after the draw"] as const) {
    const verdict = verdictOn({ strategy, users, seed, gate }, (decisions) =>
      progress(`${strategy.strategy}, ${gate}`, decisions),
    );
    console.log(rowOf(strategy.strategy, gate, verdict));
    if (isQuiet(verdict) !== (gate === "before the draw")) failed++;
  }
}
console.log(failed === 0 ? "as it should be" : `${failed} otherwise than they should be`);
process.exitCode = failed === 0 ? 0 : 1;

function isQuiet({ uniform, greedy, chiSquare, pValue }: Verdict): boolean {
  const errors = [uniform.errorZ, uniform.weightZ, greedy.errorZ, greedy.weightZ];
  const near = errors.every((z) => Math.abs(z) < STANDARD_ERRORS_MAX);
  return near && chiSquare < CHI_SQUARE_MAX && pValue > P_VALUE_MIN;
}

function rowOf(strategy: string, gate: Gate, { uniform, greedy, chiSquare, pValue }: Verdict): string {
  const judged = [uniform, greedy].map(
    ({ estimate, truth, errorZ }) => `${estimate.toFixed(4)} (${truth.toFixed(4)}), ${errorZ.toFixed(1)} SE`,
  );
  const weights = [uniform, greedy].map(
    ({ meanWeight, weightZ }) => `${meanWeight.toFixed(4)}, ${weightZ.toFixed(1)} SE`,
  );
  return `| ${[strategy, gate, ...judged, weights.join("; "), chiSquare.toFixed(1), pValue.toPrecision(2)].join(" | ")} |`;
}

function progress(what: string, decisions: number): void {
  if (!process.stderr.isTTY || (decisions % TOLD_EVERY !== 0 && decisions !== users)) return;
  process.stderr.write(`\r\u001b[K${what}: ${decisions} of ${users}${decisions === users ? "\r\u001b[K" : ""}`);
}
