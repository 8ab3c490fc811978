/** An evaluation in short, for people. */
import { summaryOf } from "../../report/summary.ts";
import type { Evaluated } from "../../service/evaluation/evaluate-log.ts";
import type { OutcomesRead } from "../read-logs.ts";

export function tellEvaluation({ report, faults }: Evaluated, read: OutcomesRead): readonly string[] {
  const { gates, limits, log } = report;
  return [
    ...faults,
    ...read.faults,
    ...summaryOf(report),
    ...gates.filter(({ passed }) => !passed).map(({ gate, says }) => `gate ${gate}: ${says}`),
    "",
    `${log.decisions} decisions of ${log.units} units, ${log.from} to ${log.until}; ${read.outcomes} outcomes`,
    ...Object.entries(log.leftOut).map(([reason, count]) => `  left out: ${reason}  ${count}`),
    ...limits.map((limit) => `note: ${limit}`),
  ];
}
