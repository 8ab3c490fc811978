/** A pool as this replica last saw it, in units of its currency. */
import type { BudgetAnswer } from "../../contract/budget.ts";
import type { AccountView } from "../../core/domain/budget.ts";
import type { Program } from "../../core/domain/program.ts";
import { explorationVolume } from "../../core/domain/resource.ts";
import { leaseKey } from "../../core/ledger/account.ts";
import { DAY_MS } from "../../core/pacing/cost-cohorts.ts";
import { outlookOf } from "../../core/pacing/outlook.ts";
import type { BudgetHolder } from "./budget-holder.ts";
import type { PoolAccounts } from "./pool-accounts.ts";
import type { PoolCosts } from "./pool-costs.ts";
import type { Pool } from "./pool.ts";

const MICROS = 1e6;

export function reportOf(program: Program, pool: Pool): BudgetAnswer {
  const { declared, prices, costs } = pool;
  const accounts = pool.current();
  const view = accounts?.money.lease.view ?? unseen(declared.terms.amountMicros);
  const usedMicros = view.settled + view.pending;
  const { arrivals, toCome, expected } = prices.arrived;
  const outlook = outlookOf({ amountMicros: view.amount, usedMicros, arrivals, toCome });
  const { epoch, lambda, rho, mu } = prices.pacingIn(accounts?.account ?? null);
  return {
    programId: program.id,
    pool: declared.pool,
    currency: program.currency,
    state: stateOf(accounts),
    period: accounts === null ? null : periodOf(accounts),
    reserve: declared.reserve,
    amount: view.amount / MICROS,
    settled: view.settled / MICROS,
    pending: view.pending / MICROS,
    leased: view.leased / MICROS,
    available: view.available / MICROS,
    overrun: view.overrun / MICROS,
    utilisation: view.amount === 0 ? 0 : usedMicros / view.amount,
    planned: outlook.plannedMicros / MICROS,
    forecast: outlook.forecastMicros / MICROS,
    prices: { epoch, lambda, rho, mu },
    arrivals: { seen: arrivals, expected },
    volumes: [...(accounts?.volumes ?? [])].map(([volume, holder]) => volumeOf(volume, holder)),
    exploration: explorationOf(program, accounts),
    costs: costsOf(costs),
    holders: view.holders.map(leaseKey),
    awaited: view.awaited.map(leaseKey),
  };
}

function stateOf(accounts: PoolAccounts | null): BudgetAnswer["state"] {
  if (accounts === null) return "between_periods";
  const { lease } = accounts.money;
  if (lease.isRecovering) return "recovering";
  return lease.isPaying ? "paying" : "unreachable";
}

function periodOf({ period: { id, startMs, endMs } }: PoolAccounts): NonNullable<BudgetAnswer["period"]> {
  return { id, start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() };
}

function volumeOf(volume: string, { lease }: BudgetHolder): BudgetAnswer["volumes"][number] {
  const view = lease.view ?? unseen(lease.terms.amount);
  return { volume, limit: view.amount, used: view.settled, available: view.available };
}

function explorationOf({ id }: Program, accounts: PoolAccounts | null): BudgetAnswer["exploration"] {
  const lease = accounts?.explorations.get(explorationVolume(id))?.lease;
  if (lease === undefined) return null;
  const view = lease.view ?? unseen(lease.terms.amount);
  return { limit: view.amount / MICROS, used: view.settled / MICROS, available: view.available / MICROS };
}

function costsOf({ learned }: PoolCosts): BudgetAnswer["costs"] {
  const programs = Object.entries(learned?.programs ?? {});
  if (learned === null || programs.length === 0) return null;
  const actions = programs.flatMap(([program, { byAction }]) =>
    Object.entries(byAction).map(([action, { bias, offers, redemptions, predictedMicros, realizedMicros }]) => ({
      program,
      action,
      bias,
      offers,
      redemptions,
      predicted: predictedMicros / MICROS,
      realized: realizedMicros / MICROS,
    })),
  );
  return { day: new Date(learned.day * DAY_MS).toISOString().slice(0, "2026-11-21".length), actions };
}

/** An account that the ledger has not told of yet. */
function unseen(
  amount: number,
): Pick<AccountView, "amount" | "settled" | "pending" | "leased" | "available" | "overrun" | "holders" | "awaited"> {
  return { amount, settled: 0, pending: 0, leased: 0, available: amount, overrun: 0, holders: [], awaited: [] };
}
