/** The live actions a strategy chooses among: the survivors and `no_offer`. */
import type { Action } from "../domain/program.ts";

/** In the program's order, live where the net is above −∞. */
export interface Alternatives {
  readonly net: readonly number[];
  /** Index of the largest net; ties go to the action id that sorts first. */
  readonly best: number;
  /** |F|, 1 or more: `no_offer`, whose net is 0, is always live. */
  readonly live: number;
}

export function alternativesOf(actions: readonly Action[], net: readonly number[]): Alternatives {
  return { net, best: bestOf(actions, net), live: countLive(net) };
}

function bestOf(actions: readonly Action[], net: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < net.length; i++) {
    const challenger = net[i] as number;
    const leader = net[best] as number;
    if (challenger > leader) best = i;
    else if (challenger === leader && sortsFirst(actions, i, best)) best = i;
  }
  return best;
}

/** Whether the id of action `i` sorts before that of action `j`. */
export function sortsFirst(actions: readonly Action[], i: number, j: number): boolean {
  return (actions[i] as Action).id < (actions[j] as Action).id;
}

function countLive(net: readonly number[]): number {
  let live = 0;
  for (let i = 0; i < net.length; i++) live += isLive(net[i] as number);
  return live;
}

/** By arithmetic: which actions are live is close to chance, and a branch on it would be mispredicted. */
export function isLive(net: number): 0 | 1 {
  return Number(net > -Infinity) as 0 | 1;
}
