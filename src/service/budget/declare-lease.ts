/** Saying what a lease spent, out of the decision log, in parts that the ledger takes at once. */
import type { AccountView, Reservation } from "../../core/domain/budget.ts";
import type { Ledger, LeaseDeclaration, SpendingHistory } from "../../core/budget-ports.ts";

/** A part of some 80 KB: a few milliseconds of the store's time. */
const RESERVATIONS_PER_PART = 512;

export interface Declaring {
  readonly ledger: Pick<Ledger, "declare" | "settle">;
  readonly history: SpendingHistory;
  /** `counted`: each reservation in the log is spent, and none is held. */
  readonly kind: "reserved" | "counted";
}

/** What is declared besides the reservations. */
export type Declared = Omit<LeaseDeclaration, "reservations">;

/** Sends all of the lease's reservations; the last part carries its end. */
export async function declareLease(declaring: Declaring, declared: Declared): Promise<AccountView> {
  const { ledger, history, kind } = declaring;
  const reservations = history.reservations(declared.account, declared.holder);
  if (kind === "counted") {
    const spent = Math.max(declared.spent, await sumOf(reservations));
    return await ledger.declare({ ...declared, spent, reservations: [] });
  }
  let part: Reservation[] = [];
  for await (const reservation of reservations) {
    part.push(reservation);
    if (part.length < RESERVATIONS_PER_PART) continue;
    await ledger.declare({ ...declared, reservations: part, end: "more" });
    part = [];
  }
  return await ledger.declare({ ...declared, reservations: part });
}

/** Outcomes that the ledger may have forgotten count again before the lease is whole: nothing is granted twice. */
export async function settleAgain({ ledger, history }: Declaring, account: Declared["account"]): Promise<void> {
  let part = [];
  for await (const settlement of history.settlements(account)) {
    part.push(settlement);
    if (part.length < RESERVATIONS_PER_PART) continue;
    await ledger.settle(account, part);
    part = [];
  }
  if (part.length > 0) await ledger.settle(account, part);
}

async function sumOf(reservations: AsyncIterable<Reservation>): Promise<number> {
  let sum = 0;
  for await (const { amount } of reservations) sum += amount;
  return sum;
}
