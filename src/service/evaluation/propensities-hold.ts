import { PropensityTest } from "../../core/monitoring/propensity-test.ts";
import type { Sample } from "../../core/evaluation/sample.ts";
import type { Propensity } from "./policy-block.ts";

/**
 * The p-value of "actions were drawn as logged". Over the arms that can be asked of the first decision of each unit, as
 * its arm is drawn once; given the arm, of every decision.
 */
export function pValueOfPropensities(
  { unit, units, assigned, logged, actions, rows }: Sample,
  kind: Propensity,
): number {
  const test = new PropensityTest(actions.length);
  const seen = new Uint8Array(units);
  for (let row = 0; row < rows; row++) {
    const isFirst = seen[unit[row] as number] === 0;
    seen[unit[row] as number] = 1;
    if (kind === "marginal" && !isFirst) continue;
    const from = row * actions.length;
    test.observe(logged.subarray(from, from + actions.length), assigned[row] as number);
  }
  return test.pValue;
}
