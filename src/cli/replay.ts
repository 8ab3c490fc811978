import { join } from "node:path";
import { Presets, SingleBar } from "cli-progress";
import type { Command } from "commander";
import { type Again, composeReplay, type LoggedDecisions } from "../compose/offline.ts";
import { readConfig } from "../ops/config.ts";
import type { Difference, RecordChecker } from "../service/check-record.ts";

/** Differences printed in full; the rest is counted. */
const SHOWN_MAX = 20;
/** Records checked at one time: they share runs of the model. */
const TOGETHER = 256;

interface ReplayOptions {
  readonly rescore?: true;
}

export function addReplayCommand(program: Command): void {
  program
    .command("replay")
    .description("Decide every logged decision again from its own record and compare, bit for bit")
    .argument("[logs...]", "segments, or folders of segments (default: DATA_DIR/decisions)")
    .option("--rescore", "run the recorded model of MODELS_DIR on the recorded features, too")
    .action(async (logs: readonly string[], { rescore }: ReplayOptions) => {
      const config = readConfig();
      const decisions = composeReplay(config);
      const paths = await decisions.segments(logs.length > 0 ? logs : [join(config.DATA_DIR, "decisions")]);
      const report = await replayAll(decisions, paths, rescore === true ? "decided and scored" : "decided");
      tell(report);
      if (report.different > 0) process.exitCode = 1;
    });
}

export interface ReplayReport {
  identical: number;
  different: number;
  torn: number;
  /** Records whose model was run again; null: none was to be. */
  scored: number | null;
  readonly shown: string[];
  /** Records that differ, by field. */
  readonly fields: Map<string, number>;
}

/** Replays the segments with a progress bar on a terminal. */
export async function replayAll(
  { entries, checker }: LoggedDecisions,
  paths: readonly string[],
  what: Again = "decided",
): Promise<ReplayReport> {
  const records = checker(what);
  const report: ReplayReport = { identical: 0, different: 0, torn: 0, scored: null, shown: [], fields: new Map() };
  const bar = new SingleBar(
    { format: "replaying {bar} {percentage}% of {total} bytes", clearOnComplete: true },
    Presets.legacy,
  );
  let started = false;
  const read = entries(paths, ({ bytesRead, bytesTotal }) => {
    if (!started) bar.start(bytesTotal, 0);
    started = true;
    bar.update(bytesRead);
  });
  let together: Entry[] = [];
  try {
    for await (const entry of read) {
      together.push(entry);
      if (together.length < TOGETHER) continue;
      await check(together, records, report);
      together = [];
    }
    await check(together, records, report);
  } finally {
    bar.stop();
    await records.close();
  }
  if (what === "decided and scored") report.scored = records.scored;
  return report;
}

type Entry = ReturnType<LoggedDecisions["entries"]> extends AsyncGenerator<infer T> ? T : never;

async function check(entries: readonly Entry[], checker: RecordChecker, report: ReplayReport): Promise<void> {
  const found = await Promise.all(entries.map((entry) => differencesOf(entry, checker)));
  entries.forEach((entry, i) => count(entry, found[i] ?? [], report));
}

async function differencesOf(entry: Entry, checker: RecordChecker): Promise<readonly Difference[]> {
  switch (entry.kind) {
    case "record":
      return await checker.differences(entry.record);
    case "corrupt":
      return [{ field: "(not a record)", text: entry.rule }];
    case "torn":
      return [];
    default:
      return entry satisfies never;
  }
}

function count(entry: Entry, differences: readonly Difference[], report: ReplayReport): void {
  if (entry.kind === "torn") {
    report.torn += 1;
  } else if (differences.length === 0) {
    report.identical += 1;
  } else {
    report.different += 1;
    for (const field of new Set(differences.map((difference) => difference.field))) {
      report.fields.set(field, (report.fields.get(field) ?? 0) + 1);
    }
    if (report.shown.length === SHOWN_MAX) return;
    report.shown.push(`${entry.path}:${entry.line}: ${differences.map(({ text }) => text).join(", ")}`);
  }
}

function tell({ shown, fields, identical, different, torn, scored }: ReplayReport): void {
  for (const difference of shown) console.log(difference);
  if (different > 0) console.log(["", "records that differ, by field", ...fieldRows(fields), ""].join("\n"));
  const rescored = scored === null ? "" : `, ${scored} scored again`;
  console.log(`${identical} identical, ${different} different, ${torn} torn tails${rescored}`);
}

/** The most frequent first. */
function fieldRows(fields: ReadonlyMap<string, number>): readonly string[] {
  const rows = [...fields].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const width = Math.max(...rows.map(([field]) => field.length));
  return rows.map(([field, records]) => `  ${field.padEnd(width)}  ${String(records).padStart(9)}`);
}
