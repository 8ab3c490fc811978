/** What spending more or less would do, and how well the model ranks. */
import type { EvaluationReport } from "../../contract/evaluation-report.ts";
import type { UpliftResult } from "../../core/evaluation/evaluation.ts";
import { countOf, estimateOf, numberOf, shareOf } from "../figures.ts";
import { frontierOf, gainsOf, responseOf } from "../lines.ts";
import { type Html, html } from "../markup.ts";
import { plotOf } from "../plot.ts";
import { foldedTable, tableOf } from "../table.ts";
import { policyName } from "../wording.ts";

export async function curveSection({ curve, policies, currency }: EvaluationReport): Promise<Html> {
  if (curve.length === 0)
    return html`<section>
      <h2>At other prices of money</h2>
      <p>No other λ was evaluated.</p>
    </section>`;
  const labelled = policies.map((policy) => ({ label: policyName(policy), policy }));
  const rows = curve.map(({ lambda, value, cost, offered }) => [
    numberOf(lambda),
    estimateOf(value),
    estimateOf(cost),
    shareOf(offered),
  ]);
  return html`<section>
    <h2>At other prices of money</h2>
    ${await plotOf({
      title: "The candidate's value and cost by the price of money λ, with intervals",
      description:
        "Two lines that fall as λ rises: value and cost per decision, each in a grey band that is its interval.",
      spec: responseOf(curve, currency),
    })}
    ${await plotOf({
      title: "Value against cost: the candidate over λ, and every policy with its interval",
      description: "A line of the candidate's value by its cost; a marker of its own shape for each policy.",
      spec: frontierOf(curve, { policies: labelled, currency }),
    })}
    ${foldedTable({ caption: "The candidate over λ", headings: ["#λ", "#value", "#cost", "#offered"], rows })}
  </section>`;
}

export async function upliftSection({ uplift, currency }: EvaluationReport): Promise<Html> {
  if (uplift.length === 0)
    return html`<section>
      <h2>How well the model ranks</h2>
      <p>Not measured on this log.</p>
    </section>`;
  return html`<section>
    <h2>How well the model ranks</h2>
    ${upliftTable(uplift)}
    ${await plotOf({
      title: "Qini curves: value gained as more of the users are given the offer",
      description: "A panel for each action: the gain in the model's order, and as a dashed line in random order.",
      spec: gainsOf(
        uplift.map(({ action, qiniCurve: points }) => ({ action, points })),
        {
          x: "share of decisions",
          y: `value gained, ${currency}`,
        },
      ),
    })}
    ${await plotOf({
      title: "Cost curves: value gained by what it costs",
      description:
        "A panel for each action: incremental value by incremental cost, and as a dashed line in random order.",
      spec: gainsOf(
        uplift.map(({ action, costCurve: points }) => ({ action, points })),
        {
          x: `cost, ${currency}`,
          y: `value gained, ${currency}`,
        },
      ),
    })}
    ${uplift.map(curveTable)}
  </section>`;
}

function upliftTable(uplift: readonly UpliftResult[]): Html {
  const rows = uplift.map(({ action, decisions, qini, auuc, aucc, upliftAt, rankStability }) => [
    action,
    countOf(decisions),
    estimateOf(qini),
    estimateOf(auuc),
    aucc === null ? "–" : estimateOf(aucc),
    html`${upliftAt.map(({ share, uplift: gained }) => html`<div>${shareOf(share)}: ${estimateOf(gained)}</div>`)}`,
    rankStability === null ? "–" : numberOf(rankStability),
  ]);
  const headings = ["action", "#decisions", "#Qini", "#AUUC", "#AUCC", "#uplift of the best", "#rank stability"];
  return tableOf({ caption: "Of each action against no offer", headings, rows });
}

function curveTable({ action, qiniCurve, costCurve }: UpliftResult): Html {
  const qini = foldedTable({
    caption: `Qini curve of ${action}`,
    headings: ["#share of decisions", "#value gained"],
    rows: qiniCurve.map(([share, value]) => [numberOf(share), numberOf(value)]),
  });
  const cost = foldedTable({
    caption: `Cost curve of ${action}`,
    headings: ["#cost", "#value gained"],
    rows: costCurve.map(([spent, value]) => [numberOf(spent), numberOf(value)]),
  });
  return html`${[qini, cost]}`;
}
