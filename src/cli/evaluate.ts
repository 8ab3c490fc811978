import { type Command, Option } from "commander";
import type { EvaluationReport } from "../contract/evaluation-report.ts";
import {
  composeEvaluation,
  type EvaluationParts,
  type NamedPolicy,
  openOutcomes,
  type ToldOutcomes,
  writeTexts,
} from "../compose/evaluation.ts";
import { type Config, readConfig } from "../ops/config.ts";
import { type Compared, type Evaluated, evaluateLog } from "../service/evaluation/evaluate-log.ts";
import { amount, type EvaluateOptions, misuseOf, share } from "./evaluate/options.ts";
import { ReadingProgress } from "./evaluate/progress.ts";
import { type Starter, UNSTARTED } from "./evaluate/starter.ts";
import { tellEvaluation } from "./evaluate/summary.ts";
import { durationOption, instant } from "./export/options.ts";
import { readOutcomes } from "./read-logs.ts";
import { SIGNALS } from "./signals.ts";

/** @param starter who is told how far it is and how it ended, beside the terminal */
export function addEvaluateCommand(program: Command, starter: Starter = UNSTARTED): void {
  program
    .command("evaluate")
    .description(
      "What a candidate program would have earned on a log, against what decided it; exit code 0: ship, 1: do not, or cannot tell",
    )
    .requiredOption("--candidate <file>", "the program file to judge")
    .option(
      "--incumbent <file>",
      "a program file to judge it against, at the prices that were logged (default: as logged)",
    )
    .option("--models <dir>", "the models that both route to (default: MODELS_DIR)")
    .option("--decisions <paths...>", "segments, or folders of segments (default: DATA_DIR/decisions)")
    .option("--outcomes <paths...>", "segments, or folders of segments (default: DATA_DIR/outcomes)")
    .option("--out <folder>", "where report.json and report.html go")
    .option("--program <id>", "decisions of this program (default: the candidate's id)")
    .option("--from <instant>", "decisions from this instant on", instant)
    .option("--until <instant>", "decisions before this instant", instant)
    .addOption(durationOption("--window <duration>", "how long after a decision outcomes are put down to it", "30d"))
    .addOption(
      new Option("--exposures <how>", "reported: an offer without one may not have been given; assumed: it was")
        .choices(["reported", "assumed"])
        .default(undefined, "reported if there is any"),
    )
    .addOption(
      new Option("--propensity <which>", "probabilities over the arms, or given the arm: exact for units that return")
        .choices(["marginal", "in-arm"])
        .default("marginal"),
    )
    .option("--lambda <number>", "judge the candidate at this price of money", amount)
    .addOption(
      new Option("--spend <how>", "equal: at the prices at which it spends as much (default)").choices(["equal"]),
    )
    .option("--any-spend", "compare also where the candidate spends more or less than the incumbent")
    .option(
      "--slice <names...>",
      "facts, or names of the context, to split results by (default: those with few labels)",
    )
    .option("--protected <names...>", "attributes that policies are to treat fairly")
    .option("--level <share>", "of intervals", share, 0.95)
    .option("--floor <probability>", "a smaller logged probability supports nothing", amount, 0.001)
    .option("--tolerance <amount>", "the loss per decision of a slice that is accepted", amount, 0)
    .option("--min-slice <decisions>", "smaller slices are counted, not judged", amount, 200)
    .action(async (options: EvaluateOptions, command: Command) => {
      const misuse = misuseOf(options);
      if (misuse !== null) command.error(`error: ${misuse}`);
      if (!(await evaluateWith(options, starter))) process.exitCode = 1;
    });
}

/** Whether to ship, and every line could be read. */
async function evaluateWith(options: EvaluateOptions, starter: Starter): Promise<boolean> {
  // Exiting, unlike being ended by a signal, removes what is unfinished.
  for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => process.exit(code));
  const config = readConfig();
  using told = await openOutcomes(config, { outcomes: options.outcomes ?? null });
  const progress = new ReadingProgress(starter);
  const stopping = new AbortController();
  // Models are opened, and some of the log is looked at, meanwhile.
  const reading = readOutcomes(told, stopping.signal);
  const evaluating = evaluateOn(options, { config, told, reading, progress });
  try {
    const [read, evaluated] = await Promise.all([reading, evaluating]);
    for (const line of tellEvaluation(evaluated, read)) console.log(line);
    if (options.out !== undefined) await writeTexts(options.out, await textsOf(evaluated.report));
    starter({ kind: "reported", verdict: evaluated.report.verdict.decision });
    return evaluated.report.verdict.decision === "ship" && evaluated.faulty + read.faulty === 0;
  } finally {
    progress.stop();
    stopping.abort();
    await Promise.allSettled([reading, evaluating]);
  }
}

interface Log {
  readonly config: Config;
  readonly told: ToldOutcomes;
  /** Until all outcomes are in their store. */
  readonly reading: Promise<unknown>;
  readonly progress: ReadingProgress;
}

async function evaluateOn(options: EvaluateOptions, log: Log): Promise<Evaluated> {
  const { decisions = null, outcomes = null, candidate, incumbent = null, models = null } = options;
  const paths = { decisions, outcomes, candidate, incumbent, models };
  const parts = await composeEvaluation(log.config, paths, log.told.store);
  try {
    return await evaluateParts(options, parts, log);
  } finally {
    await parts.close();
  }
}

function rowsOf({ program, from, until, propensity, floor }: EvaluateOptions, { candidate }: EvaluationParts) {
  return {
    programId: program ?? candidate.program.id,
    fromMs: from ?? null,
    untilMs: until ?? null,
    propensity,
    floor,
  };
}

async function evaluateParts(
  options: EvaluateOptions,
  parts: EvaluationParts,
  { told, reading, progress }: Log,
): Promise<Evaluated> {
  const { candidate, incumbent } = parts;
  const { propensity, floor, window: windowMs, exposures, level, tolerance, minSlice, anySpend } = options;
  const rows = rowsOf(options, parts);
  const log = parts.open(rows, () => progress.advance(log.count));
  return await evaluateLog(
    log,
    {
      join: async () => {
        await reading;
        progress.show();
        const known = told.store.exposures > 0 ? "reported" : "assumed";
        return { windowMs, exposures: exposures ?? known, instantMs: Date.parse };
      },
      lambda: options.lambda ?? null,
      costWeight: candidate.program.objective.costWeight,
      incumbent: incumbent === null ? "as logged" : "decided again",
      names: { slices: options.slice ?? null, protectedNames: options.protected ?? [] },
      onPass: (left) => progress.beginPass(left),
      onRead: () => told.close(),
    },
    {
      level,
      floor,
      tolerance,
      minSliceRows: minSlice,
      anySpend: anySpend === true ? "compare" : "refuse",
      propensity,
    },
    comparedOf(parts, await parts.live(rows.programId)),
  );
}

function comparedOf({ candidate, incumbent }: EvaluationParts, live: string | null): Compared {
  return {
    candidate: namesOf(candidate),
    incumbent: incumbent === null ? null : namesOf(incumbent),
    live,
    createdAt: new Date().toISOString(),
  };
}

function namesOf({ program: { id, version, digest }, models }: NamedPolicy): Compared["candidate"] {
  return { program: { id, version, digest }, models };
}

/** What draws is loaded only where something is drawn. */
async function textsOf(report: EvaluationReport): Promise<Readonly<Record<string, string>>> {
  const { reportHtml } = await import("../report/report-html.ts");
  return { "report.json": `${JSON.stringify(report, null, 2)}\n`, "report.html": await reportHtml(report) };
}
