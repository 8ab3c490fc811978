/** Reports that strain the page: many slices and actions, and labels that try to be markup. */
import type { EvaluationReport } from "../../src/contract/evaluation-report.ts";
import { EVALUATION_REPORT_EXAMPLE as EXAMPLE } from "../../src/contract/evaluation-report-example.ts";

const HOSTILE = `</title></svg><script>alert(1)</script><img src=x onerror="alert(2)">&amp;'\u202e`;

/** Eight actions, thirty slices. */
export function longReport(): EvaluationReport {
  const names = Array.from({ length: 8 }, (_, i) => `discount_of_${i + 1}_percent_by_email`);
  const [slice] = EXAMPLE.slices;
  return {
    ...EXAMPLE,
    policies: [
      ...EXAMPLE.policies.filter(({ policy }) => policy !== "everybody"),
      ...names.flatMap((action) => EXAMPLE.policies.slice(3, 4).map((policy) => ({ ...policy, action }))),
    ],
    slices: Array.from({ length: 30 }, (_, i) => ({
      ...slice,
      name: "country",
      label: `Country number ${i + 1}`,
    })).flatMap((each) => EXAMPLE.slices.slice(0, 1).map((first) => ({ ...first, ...each }))),
    calibration: names.flatMap((action) => EXAMPLE.calibration.slice(0, 2).map((each) => ({ ...each, action }))),
    uplift: names.flatMap((action) => EXAMPLE.uplift.slice(0, 1).map((each) => ({ ...each, action }))),
    compliance: names.flatMap((action) => EXAMPLE.compliance.slice(0, 1).map((each) => ({ ...each, action }))),
  };
}

/** Every text of the report that is not of a closed set is the hostile one. */
export function hostileReport(): EvaluationReport {
  const program = { ...EXAMPLE.candidate.program, id: HOSTILE };
  return {
    ...EXAMPLE,
    candidate: { ...EXAMPLE.candidate, program, models: [{ name: HOSTILE, version: HOSTILE, digest: HOSTILE }] },
    currency: HOSTILE,
    limits: [HOSTILE],
    verdict: { decision: "cannot_tell", reasons: [HOSTILE] },
    log: { ...EXAMPLE.log, leftOut: { [HOSTILE]: 1 } },
    gates: EXAMPLE.gates.map((gate) => ({ ...gate, passed: false, says: HOSTILE })),
    policies: EXAMPLE.policies.map((policy) => ({ ...policy, action: HOSTILE })),
    difference: { refused: HOSTILE },
    slices: EXAMPLE.slices.map((slice) => ({ ...slice, name: HOSTILE, label: HOSTILE })),
    calibration: EXAMPLE.calibration.map((each) => ({ ...each, action: HOSTILE })),
    uplift: EXAMPLE.uplift.map((each) => ({ ...each, action: HOSTILE })),
    compliance: EXAMPLE.compliance.map((each) => ({ ...each, action: HOSTILE })),
  };
}
