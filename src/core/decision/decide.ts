/**
 * One decision: which of the program's actions this user gets, and with what probability.
 *
 * Every gate (eligibility, withholding, pruning) comes before the draw, so the distribution the
 * action is drawn from is the one that is logged. Synchronous and pure: no clock, no randomness,
 * no I/O; the same situation gives the same decision, bit for bit, online, in replay and offline.
 */
import type { Decision, Situation } from "../domain/decision.ts";
import { checkEligibility } from "./check-eligibility.ts";
import { distributionOver } from "./distribution.ts";
import { draw } from "./draw.ts";
import { price } from "./price.ts";
import { prune } from "./prune.ts";

/**
 * @returns per action why it was excluded or pruned, its net value, its probability inside the
 * unit's arm and over all arms (each vector sums to 1 within 1e-12), and the drawn action.
 */
export function decide(situation: Situation): Decision {
  const excluded = checkEligibility(situation);
  const pruned = prune(situation, excluded);
  const net = price(situation, { excluded, pruned });
  const { best, exploring, inArm, marginal, armShare } = distributionOver(situation, { excluded, net });
  const chosen = draw(inArm, situation.draws.action);
  // Field by field: a spread costs as much as all of the above.
  return { excluded, pruned, net, best, exploring, inArm, marginal, armShare, chosen };
}
