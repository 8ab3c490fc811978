/** The seeds together as the plot shows them: mean and range, and what happened when. */
import { type Curve, drawn } from "./plot.ts";
import { POLICIES, type PolicyName } from "./score.ts";
import { STAGES } from "./stages.ts";
import type { SeedSummary } from "./summary.ts";
import { DRIFT_MS, MONTHS, START_MS } from "./world.ts";

const DAY_MS = 86_400_000;
const STAGE_WORDS = ["first model live", "retrained", "retrained again"];

export function plotOf(summaries: readonly SeedSummary[]): Promise<string> {
  const curve = (name: PolicyName): Curve => curveOf(summaries.map(({ profit }) => profit[name]));
  const [liftgate, oracle, likely, single, random, none] = POLICIES.map(curve);
  if (!liftgate || !oracle || !likely || !single || !random || !none)
    throw new Error("expected a curve of each policy");
  const seeds = summaries.length === 1 ? "one seed" : `mean and range of ${summaries.length} seeds`;
  return drawn({
    title: `Cumulative incremental profit, ${seeds}`,
    days: liftgate.mean.length - 1,
    curves: {
      liftgate,
      oracle,
      "likely buyers": likely,
      "best single offer": single,
      random,
      "no offers": none,
    },
    marks: [
      { day: dayOf(DRIFT_MS), words: "drift" },
      ...STAGES.map(({ promotedAtMs }, i) => ({ day: dayOf(promotedAtMs), words: STAGE_WORDS[i] ?? "" })),
    ].toSorted((a, b) => a.day - b.day),
    months: Array.from({ length: MONTHS }, (_, month) => ({
      day: dayOf(Date.UTC(2026, month, 1)),
      name: new Date(Date.UTC(2026, month, 1)).toLocaleString("en", { month: "long", timeZone: "UTC" }),
    })),
  });
}

function curveOf(seeds: readonly (readonly number[])[]): Curve {
  const days = Array.from({ length: seeds[0]?.length ?? 0 }, (_, day) => seeds.map((values) => values[day] ?? 0));
  return {
    mean: days.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    low: days.map((values) => Math.min(...values)),
    high: days.map((values) => Math.max(...values)),
  };
}

function dayOf(atMs: number): number {
  return Math.round((atMs - START_MS) / DAY_MS);
}
