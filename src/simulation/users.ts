/**
 * Users with known effects. Each has a responsiveness (how much value a unit of cost moves) and a redemption rate;
 * each action a face value. Costs grow with the face, values less than in proportion:
 *
 *   c = q·f·e^(0.2·ε)         q = logistic(−1.5 + 0.8·ε'), the user's redemption rate
 *   V = s·q·f^0.7·e^(0.3·ε)   s = e^(1.2·ε'), the user's responsiveness
 *
 * The spread of s makes value grow with about the 0.4th power of the budget near 15 % of unconstrained spend.
 */
import { toMicros } from "../core/domain/money.ts";
import type { Random } from "./random.ts";

/** Values and costs of all users, by user and paid action, to the micro. */
export interface Users {
  readonly value: Float64Array;
  readonly cost: Float64Array;
}

/** @param quality what each user's values are multiplied by, one for each user */
export function drawUsers(random: Random, actions: number, quality: ArrayLike<number>): Users {
  const value = new Float64Array(quality.length * actions);
  const cost = new Float64Array(quality.length * actions);
  for (let user = 0; user < quality.length; user++) {
    const responsiveness = (quality[user] as number) * Math.exp(1.2 * random.normal());
    const redemption = 1 / (1 + Math.exp(1.5 - 0.8 * random.normal()));
    for (let action = 0; action < actions; action++) {
      const face = faceOf(action);
      const at = user * actions + action;
      cost[at] = toMicros(redemption * face * Math.exp(0.2 * random.normal()));
      value[at] = toMicros(responsiveness * redemption * face ** 0.7 * Math.exp(0.3 * random.normal()));
    }
  }
  return { value, cost };
}

/** Face value of a paid action, by its number from 0. */
export function faceOf(action: number): number {
  return 1.6 ** action;
}
