/** What a seed came to: cumulative profit by day under every policy, money, and the figures that are asked for. */
import { fitLikelihood } from "./likely-buyers.ts";
import type { MonthOfMoney } from "./money.ts";
import type { Given } from "./play.ts";
import { POLICIES, type PolicyName, scoreMonth } from "./score.ts";
import type { SeedRun } from "./seed-run.ts";
import { RETRAINED_TWICE_MS } from "./stages.ts";
import { MONTHS, OFFERS, START_MS } from "./world.ts";

const DAY_MS = 86_400_000;
const BASELINES = POLICIES.filter((name) => name !== "liftgate" && name !== "oracle");

export interface SeedSummary {
  readonly seed: number;
  /** Cumulative at the end of each day, in USD, beginning with 0. */
  readonly profit: Readonly<Record<PolicyName, readonly number[]>>;
  readonly bestBaseline: PolicyName;
  /** Liftgate's profit over the best baseline's; above any bound where that has none. */
  readonly overBaseline: number;
  /** Liftgate's profit over the oracle's since the second retraining is live. */
  readonly ofOracle: number;
  readonly months: readonly MonthOfMoney[];
  /** Mean of 1/propensity of decisions for no offer, over all decisions: 1 but for chance. */
  readonly meanWeight: number;
  readonly decisions: number;
  readonly verdicts: readonly string[];
  readonly promotions: readonly string[];
  readonly refusals: readonly string[];
  readonly replayed: string;
}

export function summaryOf(run: SeedRun): SeedSummary {
  const { seed, given, months, verdicts, promotions, refusals, replayed } = run;
  const profit = profitByDay(given);
  const total = (name: PolicyName): number => profit[name].at(-1) ?? 0;
  const bestBaseline = BASELINES.reduce((best, name) => (total(name) > total(best) ? name : best), "no offers");
  const from = Math.round((RETRAINED_TWICE_MS - START_MS) / DAY_MS);
  const since = (name: PolicyName): number => total(name) - (profit[name][from] ?? 0);
  const weights = given.map(({ action, propensity }) => (action === "no_offer" ? 1 / propensity : 0));
  return {
    seed,
    profit,
    bestBaseline,
    overBaseline: total("liftgate") / Math.max(0, total(bestBaseline)),
    ofOracle: since("liftgate") / since("oracle"),
    months,
    meanWeight: sum(weights) / given.length,
    decisions: given.length,
    verdicts,
    promotions,
    refusals,
    replayed,
  };
}

function profitByDay(given: readonly Given[]): Readonly<Record<PolicyName, readonly number[]>> {
  const days = POLICIES.map((name) => [name, [0]] as const);
  const byName = new Map<PolicyName, number[]>(days.map(([name, values]) => [name, [...values]]));
  for (let month = 0; month < MONTHS; month++) {
    const [fromMs, untilMs] = [Date.UTC(2026, month, 1), Date.UTC(2026, month + 1, 1)];
    const played = given.filter(({ arrival: { atMs } }) => atMs >= fromMs && atMs < untilMs);
    const before = given.filter(({ arrival: { atMs } }) => atMs < fromMs);
    const likely = before.length === 0 ? null : fitLikelihood(before.map(observedOf));
    const scored = scoreMonth({
      arrivals: played.map(({ arrival }) => arrival),
      offers: played.map(({ action }) => OFFERS.findIndex(({ id }) => id === action)),
      likelihood: likely === null ? null : played.map(({ arrival }) => likely(arrival.customer)),
    });
    for (const [name, values] of byName) {
      const daily = new Array<number>(Math.round((untilMs - fromMs) / DAY_MS)).fill(0);
      played.forEach(({ arrival }, i) => {
        const day = Math.floor((arrival.atMs - fromMs) / DAY_MS);
        const { value, cost } = scored[name][i] ?? { value: 0, cost: 0 };
        daily[day] = (daily[day] ?? 0) + value - cost;
      });
      for (const profit of daily) values.push((values.at(-1) ?? 0) + profit);
    }
  }
  const cumulative = (name: PolicyName): readonly number[] => byName.get(name) ?? [];
  return {
    liftgate: cumulative("liftgate"),
    oracle: cumulative("oracle"),
    "likely buyers": cumulative("likely buyers"),
    "best single offer": cumulative("best single offer"),
    random: cumulative("random"),
    "no offers": cumulative("no offers"),
  };
}

function observedOf({ arrival, isOrdered }: Given) {
  return { customer: arrival.customer, isOrdered };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
