/** An evaluation in short, for people. */
import { summaryOf } from "../../report/summary.ts";
import type { Evaluated } from "../../service/evaluation/evaluate-log.ts";
import type { OutcomesRead } from "../read-logs.ts";

export function tellEvaluation({ report, faults }: Evaluated, read: OutcomesRead): readonly string[] {
  const { gates, limits, log } = report;
  const { decisions, units, from: first, until: last } = log;
  return [
    ...faults,
    ...read.faults,
    ...summaryOf(report),
    ...gates.filter(({ passed }) => !passed).map(({ gate, says }) => `gate ${gate}: ${says}`),
    "",
    `${decisions} decisions of ${units} units, ${first} to ${last}; ${read.outcomes} outcomes`,
    ...Object.entries(log.leftOut).map(([reason, count]) => `  left out: ${reason}  ${count}`),
    ...limits.map((limit) => `note: ${limit}`),
  ];
}
