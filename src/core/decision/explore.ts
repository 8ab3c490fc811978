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
 * Vectors are in the program's order; an action is live where its net is a number.
 */
import type { Action, Exploration, Program } from "../domain/program.ts";

/** Probability of each action; sum 1 within 1e-12; 0 where not live, at least the floor where live. */
export function explore({ exploration, actions }: Program, net: readonly number[]): readonly number[] {
  const best = bestOf(net, actions);
  const count = liveCount(net);
  const mix = strategyOver(exploration, { net, best, count });
  return exploration.floor === 0 ? mix : withFloor(mix, { net, count, floor: exploration.floor });
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

function liveCount(net: readonly number[]): number {
  let count = 0;
  for (let i = 0; i < net.length; i++) if (isLive(net, i)) count += 1;
  return count;
}

function isLive(net: readonly number[], i: number): boolean {
  return !Number.isNaN(net[i]);
}

/** The live actions: their nets, how many, and the index of the best. */
interface Live {
  readonly net: readonly number[];
  readonly count: number;
  readonly best: number;
}

function strategyOver(exploration: Exploration, live: Live): readonly number[] {
  switch (exploration.strategy) {
    case "greedy":
      return live.net.map((_, i) => (i === live.best ? 1 : 0));
    case "epsilon":
      return epsilonGreedy(exploration.epsilon, live);
    case "inverse-gap":
      return inverseGap(exploration.gamma / exploration.gapUnit, live);
    default:
      return exploration satisfies never;
  }
}

function epsilonGreedy(epsilon: number, { net, count, best }: Live): readonly number[] {
  const each = epsilon / count;
  return net.map((_, i) => (i === best ? each + (1 - epsilon) : isLive(net, i) ? each : 0));
}

function inverseGap(gammaPerMoney: number, { net, count, best }: Live): readonly number[] {
  const top = net[best] as number;
  const probabilities = net.slice();
  let others = 0;
  for (let i = 0; i < net.length; i++) {
    const p = i === best || !isLive(net, i) ? 0 : 1 / (count + gammaPerMoney * (top - (net[i] as number)));
    probabilities[i] = p;
    others += p;
  }
  probabilities[best] = 1 - others;
  return probabilities;
}

function withFloor(
  probabilities: readonly number[],
  { net, count, floor }: Omit<Live, "best"> & { readonly floor: number },
): readonly number[] {
  const kept = 1 - count * floor;
  return probabilities.map((p, i) => (isLive(net, i) ? kept * p + floor : 0));
}
