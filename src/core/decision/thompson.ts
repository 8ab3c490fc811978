/**
 * Thompson sampling with the model's bootstrap replicates as its posterior, in closed form: an action is as likely
 * as it wins.
 *
 *   net^(b) = V^(b) − (w + λ)·k^(b) − Σ_j μ_j     of every live action, to the micro; no_offer 0
 *   p(a)    = #{b : a = argmax net^(b)} / R       ties go to the action id that sorts first
 *
 * Thompson, Biometrika 25 (1933); with bootstrap replicates: Eckles & Kaptein, arXiv:1410.4009. Counting makes it
 * exact: drawing a replicate and then its winner has these very probabilities. Which actions are live is judged by the
 * means over replicates, as for every strategy.
 */
import type { Replicates, Situation } from "../domain/decision.ts";
import { dueCost } from "../domain/due-cost.ts";
import { toMicros } from "../domain/money.ts";
import { type Alternatives, sortsFirst } from "./alternatives.ts";
import { pricePerCost, surchargesOf } from "./price.ts";

export function thompson(
  { program, pacing }: Situation,
  { net }: Alternatives,
  { value, cost }: Replicates,
): readonly number[] {
  const count = replicatesIn(value);
  const perCost = pricePerCost(program, pacing);
  const surcharges = surchargesOf(program, pacing);
  const won = net.map(() => 0);
  for (let b = 0; b < count; b++) {
    let winner = 0;
    let most = 0;
    for (let i = 1; i < net.length; i++) {
      if (net[i] === -Infinity) continue;
      const due = dueCost(cost[i]?.[b] ?? NaN, pacing, i);
      const worth = toMicros((value[i]?.[b] ?? NaN) - perCost * due - (surcharges?.[i] ?? 0));
      // What is not a number wins nothing.
      if (worth > most || (worth === most && sortsFirst(program.actions, i, winner))) {
        winner = i;
        most = worth;
      }
    }
    won[winner] = (won[winner] as number) + 1;
  }
  return won.map((wins) => wins / count);
}

function replicatesIn(value: Replicates["value"]): number {
  return Math.max(...value.map((replicates) => replicates.length));
}
