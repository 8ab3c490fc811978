/** Uplift figures for people. */
import type { Estimate } from "../../core/evaluation/evaluation.ts";
import { tableOf } from "../simulate/table.ts";
import type { Measured } from "./measure.ts";

export function tellUplift({ uplift, perfect, end, calibration, ...counts }: Measured): string {
  const { treated, control, units, others, level } = counts;
  const rows = [
    row("Qini, outcome per row", uplift.qini, "0 is random"),
    row("AUUC, outcome per row", uplift.auuc, "0 is random"),
    ...(perfect === null
      ? []
      : [
          row("Qini, scikit-uplift", perfect.qini, "0 is random, 1 perfect"),
          row("AUUC, scikit-uplift", perfect.auuc, "0 is random, 1 perfect"),
        ]),
    ...(end === null
      ? []
      : [
          ["Qini, causalml", figure(end.qini), "", "", "0 is random"],
          ["AUUC, causalml", figure(end.auuc), "", "", "about 0.5 is random"],
        ]),
    ...(uplift.aucc === null ? [] : [row("AUCC", uplift.aucc, "0.5 is random")]),
    ...uplift.upliftAt.map(({ share, uplift: at }) => row(`uplift at ${share * 100} %`, at, "outcome per row")),
    ...calibration.flatMap(({ of, slope, intercept, ece, credibleFalls }) => [
      row(`slope of ${of}`, slope, "1 is calibrated"),
      row(`intercept of ${of}`, intercept, "0 is calibrated"),
      [`ECE of ${of}`, figure(ece), "", "", `falls beyond error: ${credibleFalls}`],
    ]),
  ];
  return [
    `${treated} rows of ${uplift.action} against ${control} of the control, ${units} units${
      others === 0 ? "" : `; ${others} rows with other labels left out`
    }`,
    tableOf(["metric", "estimate", `${level * 100} % from`, "to", ""], rows),
  ].join("\n");
}

function row(metric: string, { estimate, low, high }: Estimate, note: string): readonly string[] {
  return [metric, figure(estimate), figure(low), figure(high), note];
}

function figure(number: number): string {
  return number.toPrecision(5);
}
