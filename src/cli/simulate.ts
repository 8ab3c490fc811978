import { writeFile } from "node:fs/promises";
import { Presets, SingleBar } from "cli-progress";
import type { Command } from "commander";
import { type Contest, holdContest } from "../simulation/contest.ts";
import { COST_RATIOS, type MonthScore, monthScores, playMonths } from "../simulation/month-score.ts";
import type { ScenarioName } from "../simulation/scenarios.ts";
import { type Score, scoreOf } from "../simulation/score.ts";
import {
  actionCount,
  arrivalCount,
  budgetShare,
  CHOICES,
  DELAYED,
  epochCount,
  epochLength,
  replicaCount,
  scenarioNames,
  seedList,
} from "./simulate/options.ts";
import { type ScenarioReport, reportHtml } from "./simulate/report.ts";
import { DAY_HEADINGS, dayRow, MONTH_HEADINGS, monthRow, tableOf } from "./simulate/table.ts";

interface Options {
  readonly scenario: ReturnType<typeof scenarioNames>;
  readonly seeds: readonly number[];
  readonly arrivals: number;
  readonly actions: number;
  readonly budgetShare: number;
  readonly replicas: number;
  readonly exchangeEvery: number;
  readonly epoch: number;
  readonly out?: string;
}

export function addSimulateCommand(program: Command): void {
  program
    .command("simulate")
    .description("Pace the budget of simulated days and compare with hindsight; exit code 1 when it was overspent")
    .option("--scenario <names>", CHOICES, scenarioNames, scenarioNames("all"))
    .option("--seeds <list>", "seeds of the worlds", seedList, [1, 2, 3])
    .option("--arrivals <n>", "requests a day (or month)", arrivalCount, 200_000)
    .option("--actions <n>", "paid actions", actionCount, 6)
    .option("--budget-share <share>", "budget over unconstrained spend", budgetShare, 0.15)
    .option("--replicas <n>", "replicas that share the pacing", replicaCount, 1)
    .option("--exchange-every <n>", "epochs between a replica's exchanges", epochCount, 1)
    .option("--epoch <time>", "length of a pacing epoch, such as 5s", epochLength, 5_000)
    .option("--out <file>", "report with plots, one HTML file")
    .action(async (options: Options) => {
      const { days, months } = simulateAll(options);
      print(days, months);
      if (options.out !== undefined) await writeFile(options.out, await reportHtml(days, months));
      if (isOverspent(days, months)) process.exitCode = 1;
    });
}

interface Results {
  readonly days: readonly ScenarioReport[];
  readonly months: readonly MonthScore[];
}

/** Plays every scenario with every seed, with a progress bar on a terminal. */
function simulateAll(options: Options): Results {
  const { scenario: names, seeds } = options;
  const scenarios = names.filter((name) => name !== DELAYED);
  const ratios = names.includes(DELAYED) ? COST_RATIOS : [];
  const bar = new SingleBar(
    { format: "simulating {bar} {value}/{total}  {what}", clearOnComplete: true },
    Presets.legacy,
  );
  bar.start((scenarios.length + ratios.length) * seeds.length, 0, { what: "" });
  const days = scenarios.map((scenario) => {
    const contests = seeds.map((seed) => {
      bar.update({ what: `${scenario}, seed ${seed}` });
      const contest = contestOf(options, scenario, seed);
      bar.increment();
      return contest;
    });
    return { scenario, score: scoreOf(contests), shown: contests[0] };
  });
  const months = ratios.flatMap((costRatio) =>
    seeds.flatMap((seed) => {
      bar.update({ what: `${DELAYED}, true/predicted cost ${costRatio}, seed ${seed}` });
      const { arrivals, actions, budgetShare: share } = options;
      const played = playMonths({ seed, arrivals, actions, budgetShare: share, costRatio });
      bar.increment();
      return played;
    }),
  );
  bar.stop();
  return { days, months: monthScores(months) };
}

function contestOf(options: Options, scenario: ScenarioName, seed: number): Contest {
  const { arrivals, actions, budgetShare: share, epoch, replicas, exchangeEvery } = options;
  return holdContest(
    { scenario, seed, arrivals, actions, budgetShare: share },
    { epochMs: epoch, replicas: { count: replicas, exchangeEvery } },
  );
}

function print(days: Results["days"], months: Results["months"]): void {
  if (days.length > 0) {
    console.log("Value over the hindsight optimum, mean and worst over the seeds; budget used; micros overspent");
    console.log(
      tableOf(
        DAY_HEADINGS,
        days.map(({ scenario, score }) => dayRow(scenario, score)),
      ),
    );
  }
  if (months.length > 0) {
    console.log(
      `${days.length > 0 ? "\n" : ""}Delayed redemption: what was realized within the month, over its budget`,
    );
    console.log(tableOf(MONTH_HEADINGS, months.map(monthRow)));
  }
}

/** Over its budget; and with face values held, over what they cover. */
function isOverspent(days: readonly { readonly score: Score }[], months: Results["months"]): boolean {
  return (
    days.some(({ score }) => score.overspendMicros > 0) ||
    months.some(({ reserve, held }) => reserve === "max" && held > 1)
  );
}
