import type { Exclusion, Pruning } from "../domain/decision.ts";

/** F, the live actions: `no_offer` and all that are neither excluded nor pruned. Indices, in the program's order. */
export function liveActions(
  excluded: readonly (Exclusion | null)[],
  pruned: readonly (Pruning | null)[],
): readonly number[] {
  const actions = excluded.length;
  const live = new Array<number>(actions);
  let count = 0;
  for (let i = 0; i < actions; i++) {
    // Written always, kept if live: whether an action lives is close to chance, and a branch is mispredicted.
    live[count] = i;
    count += Number(excluded[i] === null && pruned[i] === null);
  }
  return live.slice(0, count);
}
