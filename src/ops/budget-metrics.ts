/** The budgets as Prometheus metrics, in units of each budget's currency; labels are loaded programs' ids. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { BudgetAnswer } from "../contract/budget.ts";

export type BudgetMetrics = ReturnType<typeof createBudgetMetrics>;

export function createBudgetMetrics(registers: Registry[]) {
  const gauge = (name: string, help: string, ...more: readonly string[]) =>
    new Gauge({ name, help, labelNames: ["budget", ...more], registers });
  return {
    amount: gauge("liftgate_budget_amount", "Money of the present period"),
    settled: gauge("liftgate_budget_settled", "Money known to be spent"),
    pending: gauge("liftgate_budget_pending", "Money held for offers whose outcome is open"),
    leased: gauge("liftgate_budget_leased", "Money replicas hold for the decisions to come"),
    available: gauge("liftgate_budget_available", "Money that is neither settled, pending nor leased"),
    overrun: gauge("liftgate_budget_overrun", "Money owed beyond what was held"),
    utilisation: gauge("liftgate_budget_utilisation_ratio", "Settled and pending, of the amount"),
    planned: gauge("liftgate_budget_planned", "What would be spent by now at the pace of the plan"),
    forecast: gauge("liftgate_budget_forecast", "What will be spent by the end of the period at the present pace"),
    paying: gauge("liftgate_budget_paying", "1 while this replica may pay from the budget"),
    shadowPrice: gauge("liftgate_shadow_price", "Value per money below which the budget has better uses (lambda)"),
    moneyPerArrival: gauge("liftgate_money_per_arrival", "Money per arrival that the budget can afford (rho)"),
    volumeLimit: gauge("liftgate_volume_limit", "Offers a period may hold", "volume"),
    volumeUsed: gauge("liftgate_volume_used", "Offers made in the present period", "volume"),
    volumePrice: gauge("liftgate_volume_price", "Value per offer of a limited volume (mu)", "volume"),
    costBias: gauge(
      "liftgate_cost_bias",
      "What an action's offers really cost, of what was predicted",
      "program",
      "action",
    ),
    turns: new Counter({
      name: "liftgate_lease_turns_total",
      help: "Round trips to the ledger for leases, by outcome",
      labelNames: ["budget", "outcome"],
      registers,
    }),
    expired: new Counter({
      name: "liftgate_reservations_expired_total",
      help: "Reservations whose offer expired without an outcome; their money returned",
      labelNames: ["budget"],
      registers,
    }),
  } as const;
}

/** What a replica knows of a budget, after each turn. */
export function showBudget(metrics: BudgetMetrics, answer: BudgetAnswer): void {
  const { pool: budget, prices } = answer;
  for (const name of AMOUNTS) metrics[name].set({ budget }, answer[name]);
  metrics.paying.set({ budget }, answer.state === "paying" ? 1 : 0);
  metrics.shadowPrice.set({ budget }, prices.lambda);
  metrics.moneyPerArrival.set({ budget }, prices.rho ?? 0);
  for (const { volume, limit, used } of answer.volumes) {
    metrics.volumeLimit.set({ budget, volume }, limit);
    metrics.volumeUsed.set({ budget, volume }, used);
    metrics.volumePrice.set({ budget, volume }, prices.mu[volume] ?? 0);
  }
  for (const { program, action, bias } of answer.costs?.actions ?? [])
    metrics.costBias.set({ budget, program, action }, bias);
}

const AMOUNTS = [
  "amount",
  "settled",
  "pending",
  "leased",
  "available",
  "overrun",
  "utilisation",
  "planned",
  "forecast",
] as const satisfies readonly (keyof BudgetMetrics & keyof BudgetAnswer)[];
