/** The ledger's last word on each month, after everything was redeemed or expired, beside a sum of the loop's own. */
import { openEmbeddedLedger } from "../src/adapters/memory/ledger.ts";
import { wholeMicros } from "../src/core/domain/money.ts";
import { END_MS } from "./arrivals.ts";
import { type Given, periodAt } from "./play.ts";
import { PROGRAM } from "./program.ts";
import { MONTHS } from "./world.ts";

/** All in micros. */
export interface MonthOfMoney {
  readonly period: string;
  readonly amount: number;
  readonly settled: number;
  /** Still held. */
  readonly held: number;
  /** Owed beyond what was held for single offers. */
  readonly overrun: number;
  /** Sending, and vouchers that were redeemed, of the decisions of the month: added up without the ledger. */
  readonly paid: number;
}

/** After the service stopped. */
export async function moneyOf(dataDir: string, given: readonly Given[]): Promise<readonly MonthOfMoney[]> {
  const ledger = await openEmbeddedLedger({ dataDir, durability: "process", clock: () => END_MS });
  try {
    const periods = Array.from({ length: MONTHS }, (_, month) => periodAt(Date.UTC(2026, month, 1)));
    return await Promise.all(
      periods.map(async (period) => {
        const view = await ledger.view({ budget: PROGRAM, period });
        if (view === null) throw new Error(`the ledger has no account of ${period}`);
        const { amount, settled, pending, leased, overrun } = view;
        const costs = given.filter((each) => each.period === period).map(({ cost }) => wholeMicros(cost));
        const paid = costs.reduce((sum, cost) => sum + cost, 0);
        return { period, amount, settled, held: pending + leased, overrun, paid };
      }),
    );
  } finally {
    await ledger.close();
  }
}

/** What the ledger has settled and owes is what was paid, to the micro; within the budget it held. */
export function isKept({ amount, settled, held, overrun, paid }: MonthOfMoney): boolean {
  return settled + held <= amount && settled + overrun === paid;
}
