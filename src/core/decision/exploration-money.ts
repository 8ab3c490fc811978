/**
 * The sub-budget of exploration: at most a declared share of the budget's amount is spent on it in a period.
 *
 *   exploration spend   the charge of an offer that the policy arm draws and that is not the best: greedy would not
 *                       have made it. Of a user without scores (`coldStart: explore`) every paid offer is one, as
 *                       `no_offer` is the best that is known. The evaluation arm is no exploration: it is measurement.
 *   spent               what is there does not cover the largest charge among the live actions other than the best
 *
 * It is judged before the draw: where it is spent the policy arm is greedy, without a floor, and that is the
 * distribution that is logged. What is charged is spent on exploration for good, also if the offer is never redeemed.
 */
import type { Decision, Exclusion, Exploring, Situation } from "../domain/decision.ts";
import { chargeMicros } from "./charge.ts";

/** What the policy arm may draw: the feasible actions where nothing is scored, else the survivors. */
export interface Choice extends Pick<Decision, "net" | "best"> {
  readonly excluded: readonly (Exclusion | null)[];
}

export function exploringOf(situation: Situation, choice: Choice): Exploring | null {
  const { explorationMicros } = situation;
  if (explorationMicros === null) return null;
  return dearestMicros(situation, choice) <= explorationMicros ? "open" : "spent";
}

/** What the decision spends on exploration, in whole micros; 0 where no money is set aside for it. */
export function explorationChargeMicros(situation: Situation, { chosen, best, exploring }: Decision): number {
  const explores = exploring === "open" && situation.draws.arm === "policy" && chosen !== best;
  return explores ? chargeMicros(situation, chosen) : 0;
}

function dearestMicros(situation: Situation, { net, best, excluded }: Choice): number {
  let dearest = 0;
  for (let i = 0; i < net.length; i++) {
    const drawable = situation.basis === "explore" ? excluded[i] === null : net[i] !== -Infinity;
    if (i !== best && drawable) dearest = Math.max(dearest, chargeMicros(situation, i));
  }
  return dearest;
}
