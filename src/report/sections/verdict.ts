/** The verdict in words, what was compared, and the gates. */
import type { ComparedPolicy, EvaluationReport } from "../../contract/evaluation-report.ts";
import { countOf, numberOf } from "../figures.ts";
import { type Html, html } from "../markup.ts";
import { tableOf } from "../table.ts";
import { spaced, VERDICT_WORDS } from "../wording.ts";

const MS_PER_DAY = 86_400_000;

export function verdictSection({ verdict, estimator, level, candidate }: EvaluationReport): Html {
  const { id, version } = candidate.program;
  return html`<section class="verdict ${verdict.decision}">
    <h1>${VERDICT_WORDS[verdict.decision]}: ${id} version ${String(version)}</h1>
    <ul>
      ${verdict.reasons.map((reason) => html`<li>${reason}</li>`)}
    </ul>
    <p>
      It stands on the estimator ${spaced(estimator)} and intervals of ${numberOf(level)}, by a bootstrap of whole
      units.
    </p>
  </section>`;
}

export function comparedSection({ candidate, incumbent, log, createdAt, currency }: EvaluationReport): Html {
  const rows = [policyRow("candidate", candidate), policyRow("incumbent", incumbent)];
  const facts = [
    [html`First decision`, log.from],
    [html`Last decision`, log.until],
    [html`Decisions`, countOf(log.decisions)],
    [html`Units`, countOf(log.units)],
    [html`Outcomes count for`, html`${numberOf(log.windowMs / MS_PER_DAY)} days`],
    [html`Exposures`, log.exposures],
    [html`Weights divide by`, `${log.propensity} propensities`],
    [html`Amounts in`, currency],
    [html`Written`, createdAt],
  ];
  const leftOut = Object.entries(log.leftOut).map(([reason, count]) => [spaced(reason), countOf(count)]);
  return html`<section>
    <h2>What was compared</h2>
    ${tableOf({ caption: "Policies", headings: ["policy", "program", "models", "λ"], rows })}
    ${tableOf({ caption: "The log", headings: ["", ""], rows: facts })}
    ${leftOut.length === 0 ? html`<p>No record was left out.</p>` : tableOf({ caption: "Records left out", headings: ["reason", "#records"], rows: leftOut })}
  </section>`;
}

export function gatesSection({ gates }: EvaluationReport): Html {
  const rows = gates.map(({ gate, passed, measured, limit, says }) => [
    spaced(gate),
    html`<b>${passed ? "✓ passed" : "✗ refused"}</b>`,
    numberOf(measured),
    numberOf(limit),
    says,
  ]);
  return html`<section>
    <h2>Can the log answer it?</h2>
    ${tableOf({ caption: "Gates: one that refuses makes every number below unfit to decide on", headings: ["gate", "", "#measured", "#limit", "in words"], rows })}
  </section>`;
}

function policyRow(name: string, { program, models, lambda }: ComparedPolicy): readonly (Html | string)[] {
  const named = models.map((model) => html`<div>${model.name} ${model.version} <code>${model.digest}</code></div>`);
  return [
    name,
    html`${program.id} version ${countOf(program.version)} <code>${program.digest}</code>`,
    html`${named}`,
    lambda === null ? "as logged" : numberOf(lambda),
  ];
}
