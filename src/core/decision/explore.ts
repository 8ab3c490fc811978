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
 */
import type { Exploration } from "../domain/program.ts";

/** The live actions: their index in the program and their net value, in the program's order. */
export interface LiveAction {
  readonly index: number;
  readonly id: string;
  readonly net: number;
}

/** Probabilities aligned with `live`; sum 1 within 1e-12, each ≥ the floor. */
export function explore(exploration: Exploration, live: readonly LiveAction[]): readonly number[] {
  const best = bestOf(live);
  const probabilities = strategyOver(exploration, live, best);
  return withFloor(probabilities, exploration.floor);
}

/** Position in `live` of the largest net; ties go to the action id that sorts first. */
export function bestOf(live: readonly LiveAction[]): number {
  let best = 0;
  for (let i = 1; i < live.length; i++) {
    const challenger = live[i] as LiveAction;
    const leader = live[best] as LiveAction;
    if (challenger.net > leader.net || (challenger.net === leader.net && challenger.id < leader.id)) best = i;
  }
  return best;
}

function strategyOver(exploration: Exploration, live: readonly LiveAction[], best: number): number[] {
  switch (exploration.strategy) {
    case "greedy":
      return live.map((_, i) => (i === best ? 1 : 0));
    case "epsilon":
      return epsilonGreedy(exploration.epsilon, live.length, best);
    case "inverse-gap":
      return inverseGap(exploration.gamma / exploration.gapUnit, live, best);
    default:
      return exploration satisfies never;
  }
}

function epsilonGreedy(epsilon: number, count: number, best: number): number[] {
  const each = epsilon / count;
  return Array.from({ length: count }, (_, i) => (i === best ? each + (1 - epsilon) : each));
}

function inverseGap(gammaPerMoney: number, live: readonly LiveAction[], best: number): number[] {
  const top = (live[best] as LiveAction).net;
  const probabilities: number[] = [];
  let others = 0;
  for (let i = 0; i < live.length; i++) {
    const p = i === best ? 0 : 1 / (live.length + gammaPerMoney * (top - (live[i] as LiveAction).net));
    others += p;
    probabilities.push(p);
  }
  probabilities[best] = 1 - others;
  return probabilities;
}

function withFloor(probabilities: readonly number[], floor: number): readonly number[] {
  if (floor === 0) return probabilities;
  const kept = 1 - probabilities.length * floor;
  return probabilities.map((p) => kept * p + floor);
}
