/**
 * The exact distribution of the policy arm over the live actions F (the survivors and `no_offer`).
 *
 *   greedy       p(best) = 1
 *   epsilon      p(a) = ε/|F| + (1 − ε)·[a = best]
 *   skewed       p(a) = ε·((1 − m)·w_a/Σw + m/|F|) + (1 − ε)·[a = best], w from value and cost: skewed.ts
 *   softmax      p(a) = e^((net_a − net_best)/T) / Σ_F e^((net − net_best)/T)
 *                (Boltzmann exploration: Sutton & Barto, Reinforcement Learning, 1998, 2.3)
 *   inverse-gap  p(a) = 1/(|F| + γ·(net_best − net_a)/gapUnit) for a ≠ best, the rest to the best
 *                (Abe & Long 1999; SquareCB: Foster & Rakhlin, ICML 2020, arXiv:2002.04926)
 *   thompson     p(a) = the share of bootstrap replicates in which a wins: thompson.ts. Without replicates (declared
 *                priors) all are as the score says, and it is greedy
 *   floor m      p'(a) = (1 − |F|·m)·p(a) + m, a mixture: never clip and renormalise, which would
 *                change every probability by an amount that depends on the others
 *
 * Every strategy is closed form, so the probability that is logged is the probability that was used.
 * Vectors are in the program's order. A result starts as a copy of a vector of numbers: in what `new Array` makes,
 * V8 checks every number for a hole.
 */
import type { Situation } from "../domain/decision.ts";
import { exponential } from "../numerics/exponential.ts";
import { type Alternatives, isLive } from "./alternatives.ts";
import { skewed } from "./skewed.ts";
import { thompson } from "./thompson.ts";

/** Probability of each action; sum 1 within 1e-12; 0 where not live, at least the floor where live. */
export function explore(situation: Situation, alternatives: Alternatives): readonly number[] {
  const { floor } = situation.program.exploration;
  const mix = strategyOver(situation, alternatives);
  return floor === 0 ? mix : withFloor(mix, alternatives, floor);
}

function strategyOver(situation: Situation, alternatives: Alternatives): readonly number[] {
  const { exploration } = situation.program;
  switch (exploration.strategy) {
    case "greedy":
      return greedy(alternatives);
    case "epsilon":
      return epsilonGreedy(exploration.epsilon, alternatives);
    case "skewed":
      return skewed(situation, alternatives, exploration);
    case "softmax":
      return softmax(exploration.temperature, alternatives);
    case "inverse-gap":
      return inverseGap(exploration.gamma / exploration.gapUnit, alternatives);
    case "thompson": {
      const { replicates } = situation.scores;
      return replicates === null ? greedy(alternatives) : thompson(situation, alternatives, replicates);
    }
    default:
      return exploration satisfies never;
  }
}

/** All mass on the best. */
export function greedy({ net, best }: Alternatives): readonly number[] {
  return net.map((_, i) => (i === best ? 1 : 0));
}

function epsilonGreedy(epsilon: number, { net, best, live }: Alternatives): readonly number[] {
  const each = epsilon / live;
  const probabilities = net.slice();
  for (let i = 0; i < net.length; i++) probabilities[i] = each * isLive(net[i] as number);
  probabilities[best] = each + (1 - epsilon);
  return probabilities;
}

function softmax(temperature: number, { net, best }: Alternatives): readonly number[] {
  const top = net[best] as number;
  // The best weighs 1, so the sum is at least 1; what is not live weighs e^−∞ = 0.
  const weights = net.map((worth) => exponential((worth - top) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function inverseGap(gammaPerMoney: number, { net, best, live }: Alternatives): readonly number[] {
  // 0 · ∞ is NaN: the least number above 0 leaves every finite gap's probability as it is.
  const gamma = Math.max(gammaPerMoney, Number.MIN_VALUE);
  const probabilities = net.slice();
  const top = net[best] as number;
  let others = 0;
  for (let i = 0; i < net.length; i++) {
    if (i === best) continue;
    // Where not live the gap is ∞ and the probability 0.
    const p = 1 / (live + gamma * (top - (net[i] as number)));
    probabilities[i] = p;
    others += p;
  }
  probabilities[best] = 1 - others;
  return probabilities;
}

function withFloor(probabilities: readonly number[], { net, live }: Alternatives, floor: number): readonly number[] {
  const kept = 1 - live * floor;
  const mixed = probabilities.slice();
  for (let i = 0; i < mixed.length; i++) {
    mixed[i] = (kept * (probabilities[i] as number) + floor) * isLive(net[i] as number);
  }
  return mixed;
}
