/**
 * Realized against assigned: what being assigned an action does, and what getting it does.
 *
 *   ITT_Y = Σ_a y/p / Σ_a 1/p − Σ_0 y/p / Σ_0 1/p      over rows assigned a, and rows assigned no_offer (Hájek 1971)
 *   ITT_D the same, of having got a
 *   CACE  = ITT_Y/ITT_D                                 (Wald 1940; Imbens & Angrist, Econometrica 62, 1994)
 *
 * Rows count where both actions could be drawn and what the user got is known. CACE is the effect on those who get the
 * action when assigned to it, if the assignment acts through getting it alone; with a weak first stage (F ≤ 10; Staiger
 * & Stock 1997) it is not told. Weights are always of the assignment: what was realized was not randomized.
 */
import type { Clusters, Statistic } from "./clusters.ts";
import type { Compliance, Estimate } from "./evaluation.ts";
import type { Sample } from "./sample.ts";

const FIRST_STAGE_F_MIN = 10;
/** What F is told as where everybody complies: its standard error is 0 then. */
const FIRST_STAGE_F_MAX = 1e9;

export function complianceOf(sample: Sample, clusters: Clusters): readonly Compliance[] {
  return sample.actions.slice(1).flatMap((action, k) => {
    const sums = sumsOf(sample, clusters, k + 1);
    const totals = sums.map(total);
    if ((totals[1] ?? 0) === 0 || (totals[4] ?? 0) === 0) return [];
    const cace: Statistic = (of) => effectOn(OUTCOME)(of) / effectOn(RECEIVED)(of);
    const [received, intentionToTreat, complierEffect] = clusters.estimates(sums, [
      effectOn(RECEIVED),
      effectOn(OUTCOME),
      cace,
    ]);
    if (received === undefined || intentionToTreat === undefined || complierEffect === undefined) return [];
    const firstStageF = firstStageOf(received);
    return [
      {
        action,
        fidelity: share(totals, RECEIVED.assigned, 1),
        contamination: share(totals, RECEIVED.control, 4),
        intentionToTreat,
        complierEffect: firstStageF > FIRST_STAGE_F_MIN ? complierEffect : null,
        firstStageF,
      },
    ];
  });
}

/** By cluster: Σ y/p, Σ 1/p and Σ D/p of those assigned the action, then of those assigned `no_offer`. */
function sumsOf(sample: Sample, clusters: Clusters, action: number): readonly Float64Array[] {
  const sums = Array.from({ length: 6 }, () => new Float64Array(clusters.count));
  const actions = sample.actions.length;
  for (let i = 0; i < sample.rows; i++) {
    const assigned = sample.assigned[i] as number;
    const given = sample.given[i] as number;
    const both = (sample.logged[i * actions] as number) > 0 && (sample.logged[i * actions + action] as number) > 0;
    if (!both || given < 0 || (assigned !== 0 && assigned !== action)) continue;
    const first = assigned === action ? 0 : 3;
    const weight = 1 / (sample.propensity[i] as number);
    const cluster = clusters.of(i);
    add(sums[first], cluster, (sample.value[i] as number) * weight);
    add(sums[first + 1], cluster, weight);
    add(sums[first + 2], cluster, given === action ? weight : 0);
  }
  return sums;
}

interface Places {
  readonly assigned: number;
  readonly control: number;
}

const OUTCOME: Places = { assigned: 0, control: 3 };
const RECEIVED: Places = { assigned: 2, control: 5 };

function effectOn({ assigned, control }: Places): Statistic {
  return (sums) => (sums[assigned] ?? 0) / (sums[1] ?? 0) - (sums[control] ?? 0) / (sums[4] ?? 0);
}

function share(totals: readonly number[], of: number, all: number): number {
  return Math.min(1, Math.max(0, (totals[of] ?? 0) / (totals[all] ?? 1)));
}

function firstStageOf({ estimate, standardError }: Estimate): number {
  if (standardError === 0) return estimate === 0 ? 0 : FIRST_STAGE_F_MAX;
  return Math.min(FIRST_STAGE_F_MAX, (estimate / standardError) ** 2);
}

function add(sums: Float64Array | undefined, cluster: number, x: number): void {
  if (sums !== undefined) sums[cluster] = (sums[cluster] as number) + x;
}

function total(sums: Float64Array): number {
  return sums.reduce((sum, x) => sum + x, 0);
}
