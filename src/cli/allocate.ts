import { writeFile } from "node:fs/promises";
import { Presets, SingleBar } from "cli-progress";
import { type Command, Option } from "commander";
import { composeAllocation } from "../compose/offline.ts";
import { allocate } from "../core/allocation/allocate.ts";
import { LiftgateError } from "../core/errors.ts";
import { readConfig } from "../ops/config.ts";
import { constraintsOf, summarize, type Terms } from "../service/allocation-terms.ts";
import { channelsOf } from "../service/program-options.ts";
import type { ProgramScorer } from "../service/program-scorer.ts";
import { addCap, addChannel, amount, type Channels, type Offers } from "./allocate/limit-options.ts";
import { tellAllocation } from "./allocate/summary.ts";
import { SIGNALS } from "./signals.ts";

interface AllocateOptions {
  readonly candidates?: string;
  readonly program?: string;
  readonly users?: string;
  readonly budget: number;
  readonly cap?: Offers;
  readonly channelCap?: Offers;
  readonly channel?: Channels;
  readonly objective?: "profit" | "value";
  readonly out?: string;
  readonly report?: string;
}

export function addAllocateCommand(program: Command): void {
  program
    .command("allocate")
    .description("The best offers for many users within a budget and caps, with a proof of how good they are")
    .option("--candidates <file>", "who may be offered what: userId, action, value, cost (NDJSON, CSV or Parquet)")
    .option("--program <id>", "score users by this program's model, behind its rules and guardrails")
    .option("--users <file>", "with --program: userId and a column for every feature (NDJSON, CSV or Parquet)")
    .requiredOption("--budget <amount>", "what all offers together may cost", amount)
    .option("--cap <action=offers>", "most offers of an action; may be repeated", addCap)
    .option("--channel-cap <channel=offers>", "most offers of a channel; may be repeated", addCap)
    .option("--channel <channel=actions>", "with --candidates: a channel's actions; may be repeated", addChannel)
    .addOption(new Option("--objective <what>", "with --candidates: what to maximize").choices(["value", "profit"]))
    .option("--out <file>", "write who is offered what (by its name NDJSON, CSV or Parquet)")
    .option("--report <file>", "write the figures as JSON")
    .action(async (options: AllocateOptions, command: Command) => {
      const misuse = misuseOf(options);
      if (misuse !== null) command.error(`error: ${misuse}`);
      // Exiting, unlike being ended by a signal, removes what is in the temporary folder.
      for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => process.exit(code));
      try {
        await allocateFile(options);
      } catch (error) {
        throw error instanceof LiftgateError ? new Error(inFull(error), { cause: error }) : error;
      }
    });
}

/** What options say together that makes no sense; null where they do. */
function misuseOf({ candidates, program, users, channel, objective }: AllocateOptions): string | null {
  if ((candidates === undefined) === (program === undefined)) return "give either --candidates or --program";
  if ((program === undefined) !== (users === undefined)) return "--program and --users go together";
  if (program !== undefined && channel !== undefined) return "--channel is for --candidates: a program has its own";
  if (program !== undefined && objective !== undefined) return "--objective is for --candidates: a program has its own";
  return null;
}

async function allocateFile(options: AllocateOptions): Promise<void> {
  const { stored, scorer } = await readFile(options);
  using input = stored;
  const terms: Terms = {
    budget: options.budget,
    actions: input.actions,
    ...objectiveOf(options, scorer),
    caps: capsOf(options),
  };
  const constraints = constraintsOf(terms);
  const { candidates } = input;
  const allocation = allocate(candidates, constraints);
  const summary = summarize(allocation, terms);
  if (options.out !== undefined) await input.write(options.out, allocation.assignment);
  if (options.report !== undefined) {
    const report = { users: candidates.users, ...(scorer !== null && { outside: scorer.outside }), ...summary };
    await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
  }
  console.log(tellAllocation(summary, terms, candidates.users));
}

/** Reads the candidates, or scores the users, with a progress bar on a terminal. */
async function readFile({ candidates = "", program, users = "" }: AllocateOptions) {
  const files = composeAllocation(readConfig());
  const format = "reading {bar} {percentage}% of {total} rows";
  const bar = new SingleBar({ format, clearOnComplete: true }, Presets.legacy);
  let started = false;
  const onProgress = ({ rowsDone, rowsTotal }: { readonly rowsDone: number; readonly rowsTotal: number }) => {
    if (!started) bar.start(rowsTotal, 0);
    started = true;
    bar.update(rowsDone);
  };
  try {
    if (program !== undefined) return await files.users(users, program, onProgress);
    return { stored: await files.candidates(candidates, onProgress), scorer: null };
  } finally {
    bar.stop();
  }
}

function objectiveOf({ objective, channel = {} }: AllocateOptions, scorer: ProgramScorer | null) {
  if (scorer === null) return { costWeight: objective === "profit" ? 1 : 0, channels: channel } as const;
  const { program } = scorer;
  return { costWeight: program.objective.costWeight, channels: channelsOf(program) } as const;
}

function capsOf({ cap = {}, channelCap = {} }: AllocateOptions): Terms["caps"] {
  return { actions: { ...cap }, channels: { ...channelCap } };
}

/** With what is wrong where. */
function inFull({ message, faults }: LiftgateError): string {
  return [message, ...faults.map(({ path, rule }) => `  ${path}: ${rule}`)].join("\n");
}
