/**
 * The choices of one user that a price can ever pick: the upper hull of the points (cost, value) over the
 * origin (no offer). Walking it up, every step adds cost Δk and value Δv at a falling efficiency Δv/Δk; at
 * price λ the best choice is the last step with Δv/Δk ≥ λ. What lies under the hull is best at no price
 * (LP dominance: Sinha & Zoltners 1979, "The multiple-choice knapsack problem").
 *
 * A choice that costs nothing is a step of its own with Δk = 0 when it is worth more than nothing: of
 * efficiency ∞. Costs below 0 must be charged as 0 before; choices with a value that is not above 0, or a
 * number that is not finite, are on no hull.
 */

/** The steps of one user, from the origin up; reused from user to user. */
export interface Hull {
  /** The option each step leads to. */
  readonly option: Int32Array;
  readonly value: Float64Array;
  readonly cost: Float64Array;
}

/** Room for the steps of users with up to `options` options. */
export function hullFor(options: number): Hull {
  return { option: new Int32Array(options), value: new Float64Array(options), cost: new Float64Array(options) };
}

/** The options `from` (included) to `to` (excluded) of these vectors: one user's; not of no offer. */
export interface Options {
  readonly value: ArrayLike<number>;
  readonly cost: ArrayLike<number>;
  readonly from: number;
  readonly to: number;
}

/**
 * Writes the steps into `hull` and returns how many they are. Of equal points the first option stands.
 *
 * @example upperHull({ value: [2, 3, 2.5], cost: [1, 2, 2], from: 0, to: 3 }, hull) // 2: (+2, +1), (+1, +1)
 */
export function upperHull(options: Options, hull: Hull): number {
  const candidates = sortByCost(options, hull.option);
  const { value, cost } = options;
  let steps = 0;
  for (let i = 0; i < candidates; i++) {
    const option = hull.option[i] as number;
    if ((value[option] as number) <= topOf(value, hull, steps)) continue;
    let moreValue = (value[option] as number) - topOf(value, hull, steps);
    let moreCost = (cost[option] as number) - topOf(cost, hull, steps);
    // A step that is not more efficient than the one to come is under the hull: take it back.
    while (steps > 0 && isUnder(hull, steps - 1, moreValue, moreCost)) {
      steps -= 1;
      moreValue = (value[option] as number) - topOf(value, hull, steps);
      moreCost = (cost[option] as number) - topOf(cost, hull, steps);
    }
    hull.option[steps] = option;
    hull.value[steps] = moreValue;
    hull.cost[steps] = moreCost;
    steps += 1;
  }
  return steps;
}

/** The value or cost after so many steps. */
function topOf(amounts: ArrayLike<number>, { option }: Hull, steps: number): number {
  return steps === 0 ? 0 : (amounts[option[steps - 1] as number] as number);
}

/** Whether the last step has no higher efficiency than one of `value` for `cost` on top of it. */
function isUnder(hull: Hull, step: number, value: number, cost: number): boolean {
  return (hull.value[step] as number) * cost <= value * (hull.cost[step] as number);
}

/** The options that may be on a hull, cheapest first, of equal cost the most valuable first; how many they are. */
function sortByCost({ value, cost, from, to }: Options, order: Int32Array): number {
  let sorted = 0;
  for (let option = from; option < to; option++) {
    const v = value[option] as number;
    const c = cost[option] as number;
    if (!(v > 0 && v < Infinity && c >= 0 && c < Infinity)) continue;
    let at = sorted;
    while (at > 0 && comesBefore(c, v, order[at - 1] as number, { value, cost })) {
      order[at] = order[at - 1] as number;
      at -= 1;
    }
    order[at] = option;
    sorted += 1;
  }
  return sorted;
}

function comesBefore(c: number, v: number, other: number, { value, cost }: Pick<Options, "value" | "cost">): boolean {
  const otherCost = cost[other] as number;
  return c < otherCost || (c === otherCost && v > (value[other] as number));
}
