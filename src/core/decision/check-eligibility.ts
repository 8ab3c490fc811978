import type { Exclusion, Situation } from "../domain/decision.ts";
import { nulls } from "../numerics/vector.ts";

/**
 * Which actions may not be offered to this user now, and why. `no_offer` always may.
 *
 * One reason per action, the most general first: something withholds all offers, the user is not
 * eligible for the program, the caller did not ask for the action.
 */
export function checkEligibility({ program, facts, requested, withheld }: Situation): readonly (Exclusion | null)[] {
  const { actions, eligibility } = program;
  const forAll = withheld ?? (eligibility?.(facts) === false ? "ineligible" : null);
  if (forAll === null && requested === null) return nulls(actions.length);
  return actions.map(({ id }, i) => {
    if (i === 0) return null;
    return forAll ?? (requested?.includes(id) === false ? "not_requested" : null);
  });
}
