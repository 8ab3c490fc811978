/**
 * The exact distribution of the policy arm over the live actions F (the survivors and `no_offer`).
 *
 *   greedy       p(best) = 1
 *   epsilon      p(a) = ε/|F| + (1 − ε)·[a = best]
 *   inverse-gap  p(a) = 1/(|F| + γ·(net_best − net_a)/gapUnit) for a ≠ best, the rest to the best
 *                (Abe & Long 1999; SquareCB: Foster & Rakhlin, ICML 2020, arXiv:2002.04926)
 *   floor m      p'(a) = (1 − |F|·m)·p(a) + m, a mixture: never clip and renormalise, which would
 *                change every probability by an amount that depends on the others
 *
 * Every strategy is closed form, so the probability that is logged is the probability that was used.
 * Vectors are in the program's order. F is where the net is above −∞; it is told apart by arithmetic,
 * since which actions are live is close to chance and a branch on it would be mispredicted. A result
 * starts as a copy of a vector of numbers: in what `new Array` makes, V8 checks every number for a hole.
 */
import type { Action, Exploration, Program } from "../domain/program.ts";

/** Probability of each action; sum 1 within 1e-12; 0 where not live, at least the floor where live. */
export function explore({ exploration, actions }: Program, net: readonly number[]): readonly number[] {
  const alternatives = { net, best: bestOf(net, actions), live: countLive(net) };
  const mix = strategyOver(exploration, alternatives);
  return exploration.floor === 0 ? mix : withFloor(mix, alternatives, exploration.floor);
}

/** The nets, the index of the best, and |F|. */
interface Alternatives {
  readonly net: readonly number[];
  readonly best: number;
  readonly live: number;
}

/** Index of the largest net; ties go to the action id that sorts first. `no_offer`, at 0, is always live. */
function bestOf(net: readonly number[], actions: readonly Action[]): number {
  let best = 0;
  for (let i = 1; i < net.length; i++) {
    const challenger = net[i] as number;
    const leader = net[best] as number;
    if (challenger > leader) best = i;
    else if (challenger === leader && (actions[i] as Action).id < (actions[best] as Action).id) best = i;
  }
  return best;
}

function countLive(net: readonly number[]): number {
  let live = 0;
  for (let i = 0; i < net.length; i++) live += isLive(net[i] as number);
  return live;
}

function isLive(net: number): 0 | 1 {
  return Number(net > -Infinity) as 0 | 1;
}

function strategyOver(exploration: Exploration, alternatives: Alternatives): readonly number[] {
  switch (exploration.strategy) {
    case "greedy":
      return greedy(alternatives);
    case "epsilon":
      return epsilonGreedy(exploration.epsilon, alternatives);
    case "inverse-gap":
      return inverseGap(exploration.gamma / exploration.gapUnit, alternatives);
    default:
      return exploration satisfies never;
  }
}

function greedy({ net, best }: Alternatives): readonly number[] {
  return net.map((_, i) => (i === best ? 1 : 0));
}

function epsilonGreedy(epsilon: number, { net, best, live }: Alternatives): readonly number[] {
  const each = epsilon / live;
  const probabilities = net.slice();
  for (let i = 0; i < net.length; i++) probabilities[i] = each * isLive(net[i] as number);
  probabilities[best] = each + (1 - epsilon);
  return probabilities;
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
