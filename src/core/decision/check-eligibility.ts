import type { Exclusion, Situation } from "../domain/decision.ts";
import { nulls } from "../numerics/vector.ts";
import { chargeMicros } from "./charge.ts";

/**
 * Which actions may not be offered to this user now, and why. `no_offer` always may.
 *
 * One reason per action, the most general first: something withholds all offers, the user is not
 * eligible for the program, the caller did not ask for the action, a limit closes it, the budget does not
 * cover it.
 */
export function checkEligibility(situation: Situation): readonly (Exclusion | null)[] {
  const { program, facts, requested, withheld, closed, availableMicros } = situation;
  const { actions, eligibility } = program;
  const forAll = withheld ?? (eligibility?.(facts) === false ? "ineligible" : null);
  if (forAll === null && requested === null && closed === null && availableMicros === null) {
    return nulls(actions.length);
  }
  return actions.map(({ id }, i) => {
    if (i === 0) return null;
    if (forAll !== null) return forAll;
    if (requested?.includes(id) === false) return "not_requested";
    return closed?.[i] ?? (isCovered(situation, i) ? null : "budget_exhausted");
  });
}

function isCovered(situation: Situation, i: number): boolean {
  return situation.availableMicros === null || chargeMicros(situation, i) <= situation.availableMicros;
}
