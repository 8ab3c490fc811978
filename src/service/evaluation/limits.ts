/** What an evaluation's numbers cannot say, in words. */
import type { Evidence } from "./gather-evidence.ts";
import type { Propensity } from "./policy-block.ts";

export function limitsOf(
  { sample, reach, tallies }: Evidence,
  { propensity, programs }: { readonly propensity: Propensity; readonly programs: number },
): readonly string[] {
  const closedByOffers = tallies.reduce((sum, tally) => sum + tally.closedByOffers, 0);
  const limits: string[] = [
    "The candidate is judged in the situations that the log has: caps, budgets and features as the incumbent's own offers left them.",
  ];
  if (propensity === "marginal" && closedByOffers > 0) {
    limits.push(
      `In ${closedByOffers} of ${sample.rows} decisions a cap was closed by an offer the unit had before. Their probabilities over the arms are not exact: use --propensity in-arm, which are.`,
    );
  }
  if (propensity === "in-arm") {
    limits.push(
      "Decisions of the holdout are left out, and both policies are judged as they treat the other units: their shares of the evaluation and the policy arm, without the holdout.",
    );
  }
  if (programs > 1) {
    limits.push(`${programs} versions of the program decided the log; the incumbent is all of them, as they decided.`);
  }
  const sentence = REACH[reach];
  return sentence === null ? limits : [...limits, sentence];
}

const REACH = {
  reached: null,
  as_told: "The candidate is judged at the λ that was asked for, whatever it spends there.",
  spends_less:
    "At no λ that was tried, 0 among them, did the candidate spend as much as the incumbent: it is judged at λ = 0, and compared only where the two spend the same within 1 %.",
  spends_more:
    "At no λ that was tried did the candidate spend as little as the incumbent, as its exploration spends whatever money costs: it is judged at the highest, and compared only where the two spend the same within 1 %.",
} as const satisfies Readonly<Record<Evidence["reach"], string | null>>;
