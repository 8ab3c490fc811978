/** Random histories of a ledger, in the tests by the hundred and in the long run by the hundred thousand. */
import fc from "fast-check";
import { type LedgerStore, LedgerWorld, type WorldOptions } from "./ledger-world.ts";

export interface Histories {
  readonly open: (budget: string) => Promise<LedgerStore>;
  readonly memory: WorldOptions["memory"];
  readonly count: number;
  readonly stepsMax: number;
  readonly seed: number;
  /** Tells the budgets of one run from those of another on the same server. */
  readonly prefix: string;
}

/** Lives every history and audits each step; throws the shortest history that goes wrong. */
export async function expectHistories({ open, memory, count, stepsMax, seed, prefix }: Histories): Promise<void> {
  let budgets = 0;
  const steps = fc.array(fc.nat(2 ** 31 - 1), { minLength: Math.ceil(stepsMax / 3), maxLength: stepsMax, size: "max" });
  const property = fc.asyncProperty(
    steps,
    fc.constantFrom("max" as const, "expected" as const),
    async (numbers, reserve) => {
      const budget = `${prefix}-${++budgets}`;
      const store = await open(budget);
      try {
        const account = { budget, period: "p" };
        await new LedgerWorld({ store, account, reserve, memory }).live(numbers);
      } finally {
        await store.close();
      }
    },
  );
  await fc.assert(property, { numRuns: count, seed });
}
