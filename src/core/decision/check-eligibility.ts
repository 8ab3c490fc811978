import type { Exclusion, Situation } from "../domain/decision.ts";
import type { Action } from "../domain/program.ts";

/**
 * Which actions may not be offered to this user now, and why. `no_offer` always may.
 *
 * One reason per action, the most general first: something withholds all offers, the user is not
 * eligible for the program, the caller did not ask for the action.
 */
export function checkEligibility({ program, facts, requested, withheld }: Situation): readonly (Exclusion | null)[] {
  const forAll = withheld ?? (program.eligibility?.(facts) === false ? "ineligible" : null);
  const actions = program.actions.length;
  const excluded = new Array<Exclusion | null>(actions);
  excluded[0] = null;
  for (let i = 1; i < actions; i++) excluded[i] = forAll;
  if (requested === null) return excluded;
  for (let i = 1; i < excluded.length; i++) {
    if (!requested.includes((program.actions[i] as Action).id)) excluded[i] ??= "not_requested";
  }
  return excluded;
}
