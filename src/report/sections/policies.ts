/** What each policy earns and costs, the difference at equal spend, and the candidate under every estimator. */
import type { EvaluationReport } from "../../contract/evaluation-report.ts";
import { type Difference, type EstimatorResult, INTERVALS, LIMIT_CHOICES } from "../../core/evaluation/evaluation.ts";
import { estimateOf, numberOf, rangeOf, shareOf } from "../figures.ts";
import { forestOf } from "../forest.ts";
import { type Html, html } from "../markup.ts";
import { plotOf } from "../plot.ts";
import { tableOf } from "../table.ts";
import { policyName, spaced } from "../wording.ts";

export async function policiesSection({ policies, currency }: EvaluationReport): Promise<Html> {
  const rows = policies.map((result) => [
    policyName(result),
    estimateOf(result.value),
    estimateOf(result.cost),
    estimateOf(result.profit),
    shareOf(result.offered),
  ]);
  const marks = AMOUNTS.flatMap((panel) =>
    policies.map((result) => ({
      label: policyName(result),
      panel,
      estimate: result[panel],
      stressed: result.policy === "candidate",
    })),
  );
  return html`<section>
    <h2>What each policy earns</h2>
    ${await plotOf({
      title: "Value, cost and profit of each policy, with intervals; the candidate is drawn full",
      description: "A row for each policy, a panel for each amount: a point for the estimate, a line for its interval.",
      spec: forestOf(marks, { title: `${currency} per decision`, around: "data" }),
    })}
    ${tableOf({ caption: `${currency} per decision: estimate, interval, standard error`, headings: ["policy", "#value", "#cost", "#profit", "#offered"], rows })}
  </section>`;
}

export function differenceSection({ difference, currency }: EvaluationReport): Html {
  if ("refused" in difference)
    return html`<section>
      <h2>Candidate against incumbent</h2>
      <p><b>Not compared.</b> ${difference.refused}</p>
    </section>`;
  const row = ["candidate − incumbent", ...AMOUNTS.map((amount) => estimateOf(difference[amount]))];
  return html`<section>
    <h2>Candidate against incumbent</h2>
    <p>${explained(difference)}</p>
    ${tableOf({ caption: `${currency} per decision, paired by decision`, headings: ["", "#value", "#cost", "#profit"], rows: [row] })}
    ${mixture(difference)}
  </section>`;
}

export async function estimatorsSection({ estimators, currency }: EvaluationReport): Promise<Html> {
  const marks = SIDES.flatMap((panel) =>
    estimators.filter(isFirstChoice).map((result) => ({
      label: spaced(result.estimator),
      panel,
      estimate: result[panel],
      stressed: false,
    })),
  );
  return html`<section>
    <h2>The candidate under every estimator</h2>
    ${await plotOf({
      title: "Value and cost of the candidate by estimator",
      description: "A row for each estimator, a panel for value and one for cost: a point and its interval.",
      spec: forestOf(marks, { title: `${currency} per decision`, around: "data" }),
    })}
    ${SIDES.map((side) => estimatorTable(estimators, side))}
  </section>`;
}

/** The other choice of L is a second opinion, for the table. */
function isFirstChoice({ parameter }: EstimatorResult): boolean {
  return parameter === null || parameter.chosenBy === LIMIT_CHOICES[0];
}

const AMOUNTS = ["value", "cost", "profit"] as const;
const SIDES = ["value", "cost"] as const;

function explained({ at, lambdas }: Difference): string {
  if (at === "as_evaluated")
    return "Compared as evaluated: the two may spend differently, and a difference of value may be one of spend.";
  return lambdas.length > 1
    ? "At equal spend: no single λ spends just what the incumbent spends, so the two nearest are mixed by the shares below."
    : "At equal spend: at this λ the candidate spends what the incumbent spends.";
}

function mixture({ lambdas }: Difference): Html {
  const rows = lambdas.map(({ lambda, share }) => [numberOf(lambda), shareOf(share)]);
  return rows.length === 0
    ? html``
    : tableOf({ caption: "The candidate's price of money", headings: ["#λ", "#share"], rows });
}

function estimatorTable(estimators: readonly EstimatorResult[], side: (typeof SIDES)[number]): Html {
  const rows = estimators.map(({ estimator, parameter, [side]: result }) => [
    spaced(estimator),
    parameter === null ? "–" : html`${numberOf(parameter.value)} <small>${spaced(parameter.chosenBy)}</small>`,
    estimateOf(result),
    ...INTERVALS.map((name) => {
      const range = result.intervals[name];
      return range === undefined ? "–" : html`<small>${rangeOf(range)}</small>`;
    }),
  ]);
  const headings = ["estimator", "#L", `#${side}`, ...INTERVALS.map((name) => `#${spaced(name)}`)];
  return tableOf({ caption: `The candidate's ${side}, and its interval by each method`, headings, rows });
}
