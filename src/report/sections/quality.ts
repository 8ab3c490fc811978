/** Whether predictions hold, how far the log carries, and whether offers arrived. */
import type { EvaluationReport } from "../../contract/evaluation-report.ts";
import type { Calibration, Histogram } from "../../core/evaluation/evaluation.ts";
import { calibrationPlot, histogramOf } from "../bins.ts";
import { countOf, estimateOf, numberOf, shareOf } from "../figures.ts";
import { type Html, html } from "../markup.ts";
import { plotOf } from "../plot.ts";
import { foldedTable, tableOf } from "../table.ts";

export async function calibrationSection({ calibration, currency }: EvaluationReport): Promise<Html> {
  if (calibration.length === 0)
    return html`<section>
      <h2>Do the predictions hold?</h2>
      <p>Not measured on this log.</p>
    </section>`;
  const rows = calibration.map(({ action, of, slope, intercept, ece, falls, credibleFalls }) => [
    action,
    of,
    estimateOf(slope),
    estimateOf(intercept),
    numberOf(ece),
    countOf(falls),
    countOf(credibleFalls),
  ]);
  const headings = ["action", "of", "#slope", "#intercept", "#ECE", "#falls", "#credible falls"];
  return html`<section>
    <h2>Do the predictions hold?</h2>
    ${await plotOf({
      title: "Predicted against observed uplift, with 95 % intervals; on the dashed line predictions hold",
      description: "A panel for each action, value and cost: a point for each bin of predictions, with its interval.",
      spec: calibrationPlot(calibration, currency),
    })}
    ${tableOf({ caption: "Calibration: 1 and 0 are the slope and intercept of predictions that hold", headings, rows })}
    ${calibration.map(binTable)}
  </section>`;
}

export async function weightsSection({ weights, propensities }: EvaluationReport): Promise<Html> {
  const { ess, mean, max, maxShare, histogram } = weights;
  const row = [html`${numberOf(ess)}`, numberOf(mean), numberOf(max), shareOf(maxShare)];
  return html`<section>
    <h2>How far the log carries</h2>
    ${tableOf({ caption: "Weights", headings: ["#effective sample size", "#mean", "#largest", "#largest's share"], rows: [row] })}
    ${await histogramPlot(histogram, "Weights of the logged decisions")}
    ${await histogramPlot(propensities, "Logged propensities")}
  </section>`;
}

export function complianceSection({ compliance }: EvaluationReport): Html {
  if (compliance.length === 0)
    return html`<section>
      <h2>Did offers arrive?</h2>
      <p>No treatment is known.</p>
    </section>`;
  const rows = compliance.map((of) => [
    of.action,
    shareOf(of.fidelity),
    shareOf(of.contamination),
    estimateOf(of.intentionToTreat),
    of.complierEffect === null ? "first stage too weak" : estimateOf(of.complierEffect),
    numberOf(of.firstStageF),
  ]);
  const headings = [
    "action",
    "#got it",
    "#got it unassigned",
    "#effect of assigning",
    "#effect on compliers",
    "#first stage F",
  ];
  return html`<section>
    <h2>Did offers arrive?</h2>
    ${tableOf({ caption: "Realized against assigned", headings, rows })}
  </section>`;
}

function binTable({ of, action, bins }: Calibration): Html {
  return foldedTable({
    caption: `Calibration of ${of}, ${action}`,
    headings: ["#predicted", "#observed", "#SE", "#decisions"],
    rows: bins.map(({ predicted, observed, standardError, decisions }) => [
      numberOf(predicted),
      numberOf(observed),
      numberOf(standardError),
      countOf(decisions),
    ]),
  });
}

async function histogramPlot(histogram: Histogram, title: string): Promise<Html> {
  const { edges, counts } = histogram;
  const rows = counts.map((count, i) => [numberOf(edges[i] ?? 0), numberOf(edges[i + 1] ?? 0), countOf(count)]);
  const unit = histogram.scale === "log10" ? ", logarithm to base 10" : "";
  const description = "Bars of equal width: how many decisions fall between two edges.";
  return html`${[
    await plotOf({ title, description, spec: histogramOf(histogram, title) }),
    foldedTable({ caption: `${title}${unit}`, headings: ["#from", "#to", "#decisions"], rows }),
  ]}`;
}
