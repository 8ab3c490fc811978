/**
 * What each row says of a policy, doubly robust: its mean over the rows is the policy's value, or cost.
 *
 *   ψ = q(x,π) + w·(r − q(x,a))      w = π(a|x)/p,  q(x,a) = μ0(x) + τ_a(x),  q(x,π) = Σ_a π(a|x)·q(x,a)
 *
 * Unbiased whatever q is, as p is known (Dudík, Langford & Li, ICML 2011). ψ is linear in π: that of a mixture of
 * policies is the mixture of theirs. Of the policy that decided the log, w = 1: ψ = r.
 */
import { baselineOf } from "./cross-fitted-baseline.ts";
import type { PolicyColumns, Sample } from "./sample.ts";

/** Value and cost, column by column [n]. */
export interface Contributions {
  readonly value: Float64Array;
  readonly cost: Float64Array;
}

/** The sample, and μ0 of value and cost of every row. */
export interface Modelled {
  readonly sample: Sample;
  readonly baseline: Contributions;
}

/** What off-policy estimators read of one reward [n]. */
export interface RewardColumns {
  readonly w: Float64Array;
  readonly reward: Float64Array;
  /** q(x, a) of the assigned action, and q(x, π). */
  readonly qChosen: Float64Array;
  readonly qPolicy: Float64Array;
}

export function withBaseline(sample: Sample): Modelled {
  return {
    sample,
    baseline: {
      value: baselineOf(sample, sample.value, sample.expectedValue),
      // What is not offered costs nothing.
      cost: sample.expectedCost.baseline ?? new Float64Array(sample.rows),
    },
  };
}

/** ψ of a policy. */
export function contributionsOf(modelled: Modelled, policy: PolicyColumns): Contributions {
  return { value: doublyRobust("value", modelled, policy), cost: doublyRobust("cost", modelled, policy) };
}

/** The log's own policy: what was observed. */
export function asLogged({ sample }: Modelled): Contributions {
  return { value: sample.value, cost: sample.cost };
}

export function weightsOf({ propensity }: Sample, { drawn }: PolicyColumns): Float64Array {
  return drawn.map((p, i) => p / (propensity[i] as number));
}

export function rewardColumns(
  of: keyof Contributions,
  { sample, baseline }: Modelled,
  policy: PolicyColumns,
): RewardColumns {
  const reward = sample[of];
  const mu0 = baseline[of];
  const expected = EXPECTED[of](sample);
  const planned = PLANNED[of](policy);
  return {
    w: weightsOf(sample, policy),
    reward,
    qChosen: mu0.map((mu, i) => mu + (expected.assigned[i] as number)),
    qPolicy: mu0.map((mu, i) => mu + (planned[i] as number)),
  };
}

/** The policy that draws from the first with probability `share`, and else from the second. */
export function mixedPolicy(first: PolicyColumns, second: PolicyColumns, share: number): PolicyColumns {
  return {
    drawn: mixed(first.drawn, second.drawn, share),
    expectedValue: mixed(first.expectedValue, second.expectedValue, share),
    expectedCost: mixed(first.expectedCost, second.expectedCost, share),
    offered: mixed(first.offered, second.offered, share),
    unsupported: mixed(first.unsupported, second.unsupported, share),
  };
}

function doublyRobust(of: keyof Contributions, { sample, baseline }: Modelled, policy: PolicyColumns): Float64Array {
  const { propensity } = sample;
  const reward = sample[of];
  const mu0 = baseline[of];
  const { assigned } = EXPECTED[of](sample);
  const planned = PLANNED[of](policy);
  const psi = new Float64Array(reward.length);
  for (let i = 0; i < psi.length; i++) {
    const w = (policy.drawn[i] as number) / (propensity[i] as number);
    const mu = mu0[i] as number;
    psi[i] = mu + (planned[i] as number) + w * ((reward[i] as number) - (mu + (assigned[i] as number)));
  }
  return psi;
}

function mixed(a: Float64Array, b: Float64Array, share: number): Float64Array {
  return a.map((x, i) => share * x + (1 - share) * (b[i] as number));
}

const EXPECTED = {
  value: ({ expectedValue }: Sample) => expectedValue,
  cost: ({ expectedCost }: Sample) => expectedCost,
} as const;
const PLANNED = {
  value: ({ expectedValue }: PolicyColumns) => expectedValue,
  cost: ({ expectedCost }: PolicyColumns) => expectedCost,
} as const;
