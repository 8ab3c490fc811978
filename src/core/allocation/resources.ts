import { budgetOf, type Candidates, type Constraints } from "./candidates.ts";

/**
 * The constraints as resources that offers use up: resource 0 is money, of which an offer uses its cost;
 * resource 1 + j is cap j, of which an offer of its actions uses 1.
 */
export interface Resources {
  readonly actions: number;
  /** What there is of each; may be fractions where it is a sample's share. */
  readonly limits: Float64Array;
  /** The caps of each action, as numbers of resources. */
  readonly capsOf: readonly Int32Array[];
}

export function resourcesOf({ actions }: Candidates, constraints: Constraints): Resources {
  const { caps } = constraints;
  const numbers = Array.from({ length: actions }, (): number[] => []);
  caps.forEach((cap, j) => {
    for (const action of cap.actions) (numbers[action] as number[]).push(1 + j);
  });
  return {
    actions,
    limits: Float64Array.of(budgetOf(constraints), ...caps.map(({ offers }) => offers)),
    capsOf: numbers.map((list) => Int32Array.from(list)),
  };
}

/** What one offer of each action costs at these prices besides money: Σ_{j ∋ a} π_j. */
export function feesOf({ actions, capsOf }: Resources, prices: Float64Array): Float64Array {
  const fees = new Float64Array(actions);
  for (let action = 0; action < actions; action++) {
    for (const cap of capsOf[action] as Int32Array) fees[action] = (fees[action] as number) + (prices[cap] as number);
  }
  return fees;
}

/** What all there is costs at these prices: π·b. */
export function worthOf({ limits }: Resources, prices: Float64Array): number {
  return limits.reduce((sum, limit, j) => sum + limit * (prices[j] as number), 0);
}

/** Every user's action, or `NO_ACTION`; and what is left of the resources beside. */
export interface Offers {
  readonly assignment: Int16Array;
  readonly remaining: Remaining;
}

/** What is left of the resources, in whole micros and whole offers; never below 0. */
export class Remaining {
  readonly #capsOf: readonly Int32Array[];
  readonly #left: Float64Array;

  constructor({ capsOf, limits }: Resources) {
    this.#capsOf = capsOf;
    this.#left = Float64Array.from(limits);
  }

  /** Whole micros. */
  get money(): number {
    return this.#left[0] as number;
  }

  fits(action: number, cost: number): boolean {
    if (cost > (this.#left[0] as number)) return false;
    const caps = this.#capsOf[action] as Int32Array;
    for (let i = 0; i < caps.length; i++) if ((this.#left[caps[i] as number] as number) < 1) return false;
    return true;
  }

  /** Uses up what one offer needs. It must fit. */
  take(action: number, cost: number): void {
    this.#move(action, cost, -1);
  }

  /** Gives back what one offer had taken. */
  giveBack(action: number, cost: number): void {
    this.#move(action, cost, 1);
  }

  #move(action: number, cost: number, sign: 1 | -1): void {
    const left = this.#left;
    left[0] = (left[0] as number) + sign * cost;
    const caps = this.#capsOf[action] as Int32Array;
    for (let i = 0; i < caps.length; i++) left[caps[i] as number] = (left[caps[i] as number] as number) + sign;
  }
}
