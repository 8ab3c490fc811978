/**
 * Evaluations held against the truth: many logs of a world whose effects are known, each evaluated by the real code.
 *
 *     node bench/evaluation-truth.ts [--logs 1000] [--units 1500]
 *
 * Prints how often 95 % intervals hold what is true, of one look and of looks while the log grows; how far estimators are
 * from it; and how often a policy that is truly worse would be shipped.
 */
import { parseArgs } from "node:util";
import { truthReport } from "../test/support/truth-report.ts";

const { values } = parseArgs({
  options: { logs: { type: "string", default: "1000" }, units: { type: "string", default: "1500" } },
});

const startedMs = performance.now();
const report = truthReport({
  logs: Number(values.logs),
  units: Number(values.units),
  onLog: (done) => {
    if (done % 50 === 0) console.error(`${done} of ${values.logs} logs`);
  },
});
const seconds = Math.round((performance.now() - startedMs) / 1_000);
console.log(JSON.stringify({ seconds, ...report }, null, 2));
