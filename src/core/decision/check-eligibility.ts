import type { Exclusion, Situation } from "../domain/decision.ts";
import type { Action } from "../domain/program.ts";

/**
 * Which actions may not be offered to this user now, and why. `no_offer` always may.
 *
 * One reason per action, the most general first: something withholds all offers, the user is not
 * eligible for the program, the caller did not ask for the action.
 */
export function checkEligibility(situation: Situation): readonly (Exclusion | null)[] {
  const { program, facts, requested, withheld } = situation;
  const forAll = withheld ?? (program.eligibility?.(facts) === false ? "ineligible" : null);
  const excluded: (Exclusion | null)[] = [null];
  for (let i = 1; i < program.actions.length; i++) {
    excluded.push(forAll ?? reasonFor(program.actions[i] as Action, requested));
  }
  return excluded;
}

function reasonFor(action: Action, requested: readonly string[] | null): Exclusion | null {
  return requested === null || requested.includes(action.id) ? null : "not_requested";
}
