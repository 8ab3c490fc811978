/** An evaluation in short, for people. */
import type { Evaluated } from "../../service/evaluation/evaluate-log.ts";
import type { OutcomesRead } from "../read-logs.ts";

export function tellReport({ report, faults }: Evaluated, read: OutcomesRead): readonly string[] {
  const { verdict, gates, limits, log } = report;
  return [
    ...faults,
    ...read.faults,
    `${log.decisions} decisions of ${log.units} units, ${log.from} to ${log.until}; ${read.outcomes} outcomes read`,
    ...Object.entries(log.leftOut).map(([reason, count]) => `  left out: ${reason}  ${count}`),
    ...gates.filter(({ passed }) => !passed).map(({ gate, says }) => `gate ${gate}: ${says}`),
    ...limits.map((limit) => `note: ${limit}`),
    `verdict: ${verdict.decision}`,
    ...verdict.reasons.map((reason) => `  ${reason}`),
  ];
}
