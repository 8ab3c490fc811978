/** Allocation problems, and what an independent solver (HiGHS) says of them. */
import highsModule from "highs";
import { type Allocation, allocate } from "../../src/core/allocation/allocate.ts";
import { arrange, type UserOptions } from "../../src/core/allocation/arrange.ts";
import { type Constraints, NO_ACTION } from "../../src/core/allocation/candidates.ts";

export interface Problem {
  readonly users: readonly UserOptions[];
  readonly actions: number;
  readonly constraints: Constraints;
}

// The package declares its ES module as if it were CommonJS: what is imported is the loader itself.
const loadHighs = highsModule as unknown as typeof highsModule.default;
const highs = await loadHighs();

/** Uniform numbers in [0, 1) that are the same for a seed (mulberry32). */
export function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Users whose options differ in number, value and cost; some are free, some worth nothing. */
export function someUsers({ users, actions, seed }: { users: number; actions: number; seed: number }): UserOptions[] {
  const u = uniforms(seed);
  return Array.from({ length: users }, (_, i) => {
    const response = 2 * u();
    const options = Array.from({ length: actions }, (_unused, action) => ({
      action,
      valueMicros: Math.round(1e6 * (response * Math.sqrt(1 + action) * 3 * u() - 0.3)),
      costMicros: Math.round(1e6 * ((0.2 + 0.5 * action) * (0.5 + u()) - 0.15)),
    }));
    return { userId: `u${i}`, options: options.filter(() => u() < 0.9) };
  });
}

/** What all options together would cost at most, were each user given the most expensive one. */
export function mostSpend(users: readonly UserOptions[]): number {
  return users.reduce((sum, { options }) => sum + Math.max(0, ...options.map(({ costMicros }) => costMicros)), 0);
}

export function solve({ users, actions, constraints }: Problem): Allocation & { readonly chosen: Map<string, number> } {
  const { userIds, block } = arrange(users);
  const allocation = allocate({ users: block.users, actions, blocks: () => [block] }, constraints);
  return { ...allocation, chosen: new Map(userIds.map((id, i) => [id, allocation.assignment[i] ?? NaN])) };
}

/** Value, spend and offers of an assignment, summed in exact integers from the problem as it was stated. */
export function account({ users, constraints }: Problem, chosen: ReadonlyMap<string, number>) {
  let value = 0n;
  let spend = 0n;
  const offers = new Map<number, number>();
  for (const { userId, options } of users) {
    const action = chosen.get(userId) ?? NaN;
    if (action === NO_ACTION) continue;
    const option = options.find((one) => one.action === action);
    if (option === undefined) throw new Error(`${userId} has no action ${action}`);
    const cost = BigInt(Math.max(0, option.costMicros));
    spend += cost;
    value += BigInt(option.valueMicros) - BigInt(constraints.costWeight) * cost;
    offers.set(action, (offers.get(action) ?? 0) + 1);
  }
  return { value: Number(value), spend: Number(spend), offers };
}

/** The optimum of the problem with whole offers, or of its linear relaxation. */
export function optimum(problem: Problem, offers: "whole" | "fractional"): number {
  const { users, constraints } = problem;
  const gains: string[] = [];
  const costs: string[] = [];
  const perAction = new Map<number, string[]>();
  const perUser: string[] = [];
  const names: string[] = [];
  users.forEach(({ options }, i) => {
    const mine = options.map(({ action, valueMicros, costMicros }) => {
      const name = `x${i}_${action}`;
      const cost = Math.max(0, costMicros) / 1e6;
      gains.push(`${signed(valueMicros / 1e6 - constraints.costWeight * cost)} ${name}`);
      costs.push(`${signed(cost)} ${name}`);
      perAction.set(action, [...(perAction.get(action) ?? []), name]);
      names.push(name);
      return name;
    });
    if (mine.length > 0) perUser.push(`u${i}: ${mine.join(" + ")} <= 1`);
  });
  if (names.length === 0) return 0;
  const rows = [
    ...(Number.isFinite(constraints.budgetMicros)
      ? [`budget: ${costs.join(" ")} <= ${constraints.budgetMicros / 1e6}`]
      : []),
    ...constraints.caps.flatMap((cap, j) => {
      const capped = cap.actions.flatMap((action) => perAction.get(action) ?? []);
      return capped.length === 0 ? [] : [`c${j}: ${capped.join(" + ")} <= ${cap.offers}`];
    }),
    ...perUser,
  ];
  const kind = offers === "whole" ? `Binary\n${names.join(" ")}\n` : "";
  const text = `Maximize\nobj: ${gains.join(" ")}\nSubject To\n${rows.join("\n")}\n${kind}End\n`;
  const solution = highs.solve(text, { mip_rel_gap: 0, mip_abs_gap: 0, output_flag: false });
  if (solution.Status !== "Optimal") throw new Error(`HiGHS says ${solution.Status}`);
  return solution.ObjectiveValue * 1e6;
}

function signed(x: number): string {
  return x < 0 ? `- ${-x}` : `+ ${x}`;
}
