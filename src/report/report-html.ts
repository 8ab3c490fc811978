/** `report.html`: one file that shows and says what `report.json` holds; it fetches nothing and runs nothing. */
import type { EvaluationReport } from "../contract/evaluation-report.ts";
import { type Html, html } from "./markup.ts";
import { pageOf } from "./page.ts";
import { curveSection, upliftSection } from "./sections/curves.ts";
import { differenceSection, estimatorsSection, policiesSection } from "./sections/policies.ts";
import { calibrationSection, complianceSection, weightsSection } from "./sections/quality.ts";
import { slicesSection } from "./sections/slices.ts";
import { comparedSection, gatesSection, verdictSection } from "./sections/verdict.ts";
import { VERDICT_WORDS } from "./wording.ts";

/** The whole page; the same text for the same report. */
export async function reportHtml(report: EvaluationReport): Promise<string> {
  const { id, version } = report.candidate.program;
  const title = `${VERDICT_WORDS[report.verdict.decision]}: ${id} version ${version}`;
  return pageOf({ title, main: await sectionsOf(report) });
}

async function sectionsOf(report: EvaluationReport): Promise<readonly Html[]> {
  return [
    verdictSection(report),
    comparedSection(report),
    gatesSection(report),
    await policiesSection(report),
    differenceSection(report),
    await estimatorsSection(report),
    await curveSection(report),
    await upliftSection(report),
    await calibrationSection(report),
    await weightsSection(report),
    complianceSection(report),
    await slicesSection(report),
    limitsSection(report),
  ];
}

function limitsSection({ limits }: EvaluationReport): Html {
  return html`<section>
    <h2>What this cannot say</h2>
    <ul>
      ${limits.map((limit) => html`<li>${limit}</li>`)}
    </ul>
  </section>`;
}
