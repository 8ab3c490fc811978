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
 * Vectors are in the program's order; `live` holds the indices of F in the same order.
 */
import type { Action, Exploration, Program } from "../domain/program.ts";
import { sameLength } from "../numerics/vector.ts";

/** Probability of each action; sum 1 within 1e-12; 0 where not live, at least the floor where live. */
export function explore(
  { exploration, actions }: Program,
  net: readonly number[],
  live: readonly number[],
): readonly number[] {
  const best = bestOf({ net, live }, actions);
  const mix = strategyOver(exploration, { net, live, best });
  return exploration.floor === 0 ? mix : withFloor(mix, live, exploration.floor);
}

/** The live actions, their nets, and the index of the best. */
interface Live {
  readonly net: readonly number[];
  readonly live: readonly number[];
  readonly best: number;
}

/** Index of the largest net; ties go to the action id that sorts first. `no_offer`, at 0, is always live. */
function bestOf({ net, live }: Omit<Live, "best">, actions: readonly Action[]): number {
  let best = 0;
  for (const i of live) {
    const challenger = net[i] as number;
    const leader = net[best] as number;
    if (challenger > leader) best = i;
    else if (challenger === leader && (actions[i] as Action).id < (actions[best] as Action).id) best = i;
  }
  return best;
}

function strategyOver(exploration: Exploration, live: Live): readonly number[] {
  switch (exploration.strategy) {
    case "greedy":
      return greedy(live);
    case "epsilon":
      return epsilonGreedy(exploration.epsilon, live);
    case "inverse-gap":
      return inverseGap(exploration.gamma / exploration.gapUnit, live);
    default:
      return exploration satisfies never;
  }
}

function greedy({ net, best }: Live): readonly number[] {
  const probabilities = sameLength(net, 0);
  probabilities[best] = 1;
  return probabilities;
}

function epsilonGreedy(epsilon: number, { net, live, best }: Live): readonly number[] {
  const probabilities = sameLength(net, 0);
  const each = epsilon / live.length;
  for (const i of live) probabilities[i] = each;
  probabilities[best] = each + (1 - epsilon);
  return probabilities;
}

function inverseGap(gammaPerMoney: number, { net, live, best }: Live): readonly number[] {
  const probabilities = sameLength(net, 0);
  const top = net[best] as number;
  let others = 0;
  for (const i of live) {
    if (i === best) continue;
    const p = 1 / (live.length + gammaPerMoney * (top - (net[i] as number)));
    probabilities[i] = p;
    others += p;
  }
  probabilities[best] = 1 - others;
  return probabilities;
}

function withFloor(probabilities: readonly number[], live: readonly number[], floor: number): readonly number[] {
  const kept = 1 - live.length * floor;
  const mixed = probabilities.slice();
  for (const i of live) mixed[i] = kept * (probabilities[i] as number) + floor;
  return mixed;
}
