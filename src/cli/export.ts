import { type Command, Option } from "commander";
import { composeExport } from "../compose/export.ts";
import { readConfig } from "../ops/config.ts";
import { exportDecisions } from "../service/export/export-decisions.ts";
import { REWARDS } from "../service/export/joined-decision.ts";
import { leftOutBy } from "../service/export/selection.ts";
import { TRAINING_ARMS } from "../service/export/training-table.ts";
import { durationOption, type ExportOptions, FORMATS, instant, misuseOf, TARGETS } from "./export/options.ts";
import { tellExport } from "./export/summary.ts";
import { readOutcomes, withProgress } from "./read-logs.ts";
import { SIGNALS } from "./signals.ts";

export function addExportCommand(program: Command): void {
  program
    .command("export")
    .description("Decisions joined with their outcomes, for VowpalWabbit, analysts, obp and training")
    .addOption(new Option("--to <what>", "what to make").choices(TARGETS).makeOptionMandatory())
    .requiredOption("--out <path>", "the file to write; with --to obp the folder")
    .option("--decisions <paths...>", "segments, or folders of segments (default: DATA_DIR/decisions)")
    .option("--outcomes <paths...>", "segments, or folders of segments (default: DATA_DIR/outcomes)")
    .addOption(durationOption("--window <duration>", "how long after a decision outcomes are put down to it", "30d"))
    .option("--program <id>", "decisions of this program alone")
    .option("--from <instant>", "decisions from this instant on", instant)
    .option("--until <instant>", "decisions before this instant", instant)
    .addOption(new Option("--reward <what>", "what a decision was good for").choices(REWARDS).default("objective"))
    .addOption(
      new Option("--exposures <how>", "reported: an offer without one may not have been given; assumed: it was")
        .choices(["reported", "assumed"])
        .default(undefined, "reported if there is any"),
    )
    .addOption(
      new Option("--arms <which>", "with --to training: rows of the evaluation arm, or all with their propensities")
        .choices(TRAINING_ARMS)
        .default(undefined, "evaluation"),
    )
    .action(async (options: ExportOptions, command: Command) => {
      const misuse = misuseOf(options);
      if (misuse !== null) command.error(`error: ${misuse}`);
      // Exiting, unlike being ended by a signal, removes what is unfinished.
      for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => process.exit(code));
      if (!(await exportTo(options))) process.exitCode = 1;
    });
}

/** Whether every line could be read. */
async function exportTo(options: ExportOptions): Promise<boolean> {
  const { to, out, decisions = null, outcomes = null, window: windowMs, reward, exposures } = options;
  const { make, made } = FORMATS[to];
  using parts = await composeExport(readConfig(), { decisions, outcomes, out, made });
  const read = await readOutcomes(parts);
  const report = await withProgress("exporting", parts.decisions, (lines) =>
    exportDecisions(
      { ...parts, lines, outcomes: parts.store, format: make(options) },
      {
        join: {
          windowMs,
          exposures: exposures ?? (parts.store.exposures > 0 ? "reported" : "assumed"),
          instantMs: Date.parse,
        },
        reward,
        leftOut: leftOutBy(selectionOf(options)),
      },
    ),
  );
  console.log(tellExport(report, read));
  return report.faulty + read.faulty === 0;
}

function selectionOf({ to, program, from, until, arms }: ExportOptions) {
  return {
    program: program ?? null,
    fromMs: from ?? null,
    toMs: until ?? null,
    arms: to === "training" ? (arms ?? "evaluation") : "all",
    programs: FORMATS[to].programs,
  } as const;
}
