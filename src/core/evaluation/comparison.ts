/**
 * Candidate against incumbent, paired: both are judged on the same rows, and what they share cancels.
 *
 * At equal spend the candidate is the mixture of itself at two neighbouring λ that costs what the incumbent costs, and
 *
 *   Δ = mean(ψV_c − ψV_i) − s·mean(ψC_c − ψC_i)      s = ΔE[V]/ΔE[C] between the two λ, by the model
 *
 * The second term is 0 where the mixture is exact; in a bootstrap replicate it is what the spend is uncertain by, worth
 * what the last unit of money buys. The model's s has no noise of rewards in it; where it is wrong, only how the
 * uncertainty of the spend counts is.
 */
import type { Clusters } from "./clusters.ts";
import { type Contributions, contributionsOf, mixedPolicy, type Modelled } from "./contributions.ts";
import type { Difference, Evaluation } from "./evaluation.ts";
import type { PolicyColumns } from "./sample.ts";

/** A difference in spend that is none. */
const SPEND_TOLERANCE = 0.01;

export interface JudgedPolicy {
  readonly lambda: number | null;
  readonly columns: PolicyColumns;
}

/** What is compared: the candidate, mixed where there are two λ. */
export interface Candidate {
  readonly columns: PolicyColumns;
  readonly contributions: Contributions;
  readonly lambdas: Difference["lambdas"];
  /** What a unit of money buys where the candidate stops. */
  readonly slope: number;
}

/** `equal`: mixed to the incumbent's spend; `any`: as it is, because somebody asked; `refuse`: only if they agree. */
export type SpendRule = "equal" | "any" | "refuse";

/** @param judged one, or two of neighbouring λ, the first of which spends more */
export function mixedCandidate(
  modelled: Modelled,
  judged: readonly [JudgedPolicy, ...JudgedPolicy[]],
  costWanted: number,
): Candidate {
  const [first, second] = judged;
  const at = ({ lambda }: JudgedPolicy) => lambda ?? 0;
  if (second === undefined) {
    const contributions = contributionsOf(modelled, first.columns);
    return { columns: first.columns, contributions, lambdas: [{ lambda: at(first), share: 1 }], slope: 1 + at(first) };
  }
  const high = meanOf(contributionsOf(modelled, first.columns).cost);
  const low = meanOf(contributionsOf(modelled, second.columns).cost);
  const share = high === low ? 1 : Math.min(1, Math.max(0, (costWanted - low) / (high - low)));
  const columns = mixedPolicy(first.columns, second.columns, share);
  return {
    columns,
    contributions: contributionsOf(modelled, columns),
    lambdas: [
      { lambda: at(first), share },
      { lambda: at(second), share: 1 - share },
    ],
    slope: slopeBetween(first.columns, second.columns) ?? 1 + at(first),
  };
}

/** How far apart rows are: ψ of the candidate less that of the incumbent. */
export function pairedRows(candidate: Contributions, incumbent: Contributions): Contributions {
  return { value: minus(candidate.value, incumbent.value), cost: minus(candidate.cost, incumbent.cost) };
}

export function differenceOf(
  clusters: Clusters,
  { lambdas, slope }: Pick<Candidate, "lambdas" | "slope">,
  { paired, spent, rule }: { readonly paired: Contributions; readonly spent: number; readonly rule: SpendRule },
): Evaluation["difference"] {
  const cost = clusters.mean(paired.cost);
  const agree = Math.abs(cost.estimate) <= SPEND_TOLERANCE * Math.abs(spent);
  if (!agree && rule !== "any") return { refused: refusal(cost.estimate, spent) };
  const sums = [clusters.sumsOf(paired.value), clusters.sumsOf(paired.cost), clusters.rowsOfEach];
  if (rule === "any") {
    const profit = clusters.estimate(sums, ([v = 0, c = 0, n = 0]) => (v - c) / n);
    return { at: "as_evaluated", lambdas, value: clusters.mean(paired.value), cost, profit };
  }
  const value = clusters.estimate(sums, ([v = 0, c = 0, n = 0]) => (v - slope * c) / n);
  return { at: "equal_spend", lambdas, value, cost, profit: value };
}

export function meanOf(column: Float64Array): number {
  return column.reduce((sum, x) => sum + x, 0) / column.length;
}

function slopeBetween(first: PolicyColumns, second: PolicyColumns): number | null {
  const cost = meanOf(first.expectedCost) - meanOf(second.expectedCost);
  const slope = (meanOf(first.expectedValue) - meanOf(second.expectedValue)) / cost;
  return cost > 0 && Number.isFinite(slope) && slope >= 0 ? slope : null;
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, i) => x - (b[i] as number));
}

function refusal(difference: number, spent: number): string {
  const more = `${Number(Math.abs(difference).toPrecision(3))} ${difference > 0 ? "more" : "less"}`;
  return (
    `The candidate spends ${more} a decision than the incumbent, which spends ${Number(spent.toPrecision(3))}: ` +
    "what it is worth at another spend says nothing of the policy. Compare at equal spend, or ask for the comparison as it is."
  );
}
