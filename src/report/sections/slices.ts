/** Who gains and who loses: results by slice, and by the attributes that policies are to treat fairly. */
import type { EvaluationReport } from "../../contract/evaluation-report.ts";
import type { SliceResult } from "../../core/evaluation/evaluation.ts";
import { countOf, estimateOf, shareOf } from "../figures.ts";
import { forestOf } from "../forest.ts";
import { type Html, html } from "../markup.ts";
import { plotOf } from "../plot.ts";
import { tableOf } from "../table.ts";

export async function slicesSection({ slices, currency }: EvaluationReport): Promise<Html> {
  if (slices.length === 0)
    return html`<section>
      <h2>Who gains, who loses</h2>
      <p>No slice was declared.</p>
    </section>`;
  const marks = slices.flatMap(({ name, label, value, harmed }) =>
    value === null ? [] : [{ label: `${name}: ${label}`, panel: "value", estimate: value, stressed: harmed }],
  );
  const plot =
    marks.length === 0
      ? html``
      : await plotOf({
          title: "Candidate − incumbent by slice, with intervals; harmed slices are drawn full",
          description: "A row for each slice: a point for the difference of value and a line for its interval.",
          spec: forestOf(marks, { title: `difference of value, ${currency} per decision`, around: "zero" }),
        });
  const parts = KINDS.map(({ kind, caption }) =>
    partOf(
      slices.filter((slice) => slice.kind === kind),
      caption,
    ),
  );
  return html`<section>
    <h2>Who gains, who loses</h2>
    ${plot}${parts}
  </section>`;
}

const KINDS = [
  { kind: "slice", caption: "Slices" },
  { kind: "protected", caption: "Fairness: declared attributes that policies are to treat alike" },
] as const;

const HEADINGS = [
  "slice",
  "#decisions",
  "#units",
  "#candidate offers",
  "#incumbent offers",
  "#value",
  "#cost",
  "harmed",
];

function partOf(slices: readonly SliceResult[], caption: string): Html {
  if (slices.length === 0) return html``;
  const rows = slices.map(({ name, label, decisions, units, offered, value, cost, harmed }) => [
    html`${name}: ${label}`,
    countOf(decisions),
    countOf(units),
    shareOf(offered.candidate),
    shareOf(offered.incumbent),
    value === null ? "too few to say" : estimateOf(value),
    cost === null ? "too few to say" : estimateOf(cost),
    harmed ? html`<b>✗ harmed</b>` : "no",
  ]);
  return tableOf({ caption: `${caption}: candidate − incumbent`, headings: HEADINGS, rows });
}
