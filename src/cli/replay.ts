import { join } from "node:path";
import { Presets, SingleBar } from "cli-progress";
import type { Command } from "commander";
import { composeReplay, type LoggedDecisions } from "../compose/offline.ts";
import { Record } from "../contract/record.ts";
import { replay } from "../core/decision/replay.ts";
import type { Program } from "../core/domain/program.ts";
import { readConfig } from "../ops/config.ts";

/** Differences printed in full; the rest is counted. */
const SHOWN_MAX = 20;

export function addReplayCommand(program: Command): void {
  program
    .command("replay")
    .description("Decide every logged decision again from its own record and compare, bit for bit")
    .argument("[logs...]", "segments, or folders of segments (default: DATA_DIR/decisions)")
    .action(async (logs: readonly string[]) => {
      const config = readConfig();
      const logged = composeReplay(config);
      const paths = await logged.segments(logs.length > 0 ? logs : [join(config.DATA_DIR, "decisions")]);
      const report = await replayAll(logged, paths);
      for (const difference of report.shown) console.log(difference);
      console.log(`${report.identical} identical, ${report.different} different, ${report.torn} torn tails`);
      if (report.different > 0) process.exitCode = 1;
    });
}

export interface ReplayReport {
  identical: number;
  different: number;
  torn: number;
  readonly shown: string[];
}

/** Replays the segments with a progress bar on a terminal. */
export async function replayAll(log: LoggedDecisions, paths: readonly string[]): Promise<ReplayReport> {
  const report: ReplayReport = { identical: 0, different: 0, torn: 0, shown: [] };
  const bar = new SingleBar(
    { format: "replaying {bar} {percentage}% of {total} bytes", clearOnComplete: true },
    Presets.legacy,
  );
  const verify = replayer(log);
  let started = false;
  const entries = log.entries(paths, ({ bytesRead, bytesTotal }) => {
    if (!started) bar.start(bytesTotal, 0);
    started = true;
    bar.update(bytesRead);
  });
  for await (const entry of entries) {
    if (entry.kind === "torn") {
      report.torn += 1;
      continue;
    }
    const faults = entry.kind === "corrupt" ? [entry.rule] : await verify(entry.record);
    if (faults.length === 0) {
      report.identical += 1;
      continue;
    }
    report.different += 1;
    if (report.shown.length < SHOWN_MAX) report.shown.push(`${entry.path}:${entry.line}: ${faults.join(", ")}`);
  }
  bar.stop();
  return report;
}

/** Compares records, opening each program once. */
function replayer(log: LoggedDecisions): (record: object) => Promise<readonly string[]> {
  const programs = new Map<string, Program | string>();
  return async (line) => {
    const parsed = Record.safeParse(line);
    if (!parsed.success) return [`not a decision record: ${parsed.error.issues[0]?.path.join(".") ?? ""}`];
    const record = parsed.data;
    const { digest } = record.program;
    const known = programs.get(digest) ?? (await openProgram(log, digest));
    programs.set(digest, known);
    return typeof known === "string" ? [known] : replay(record, known);
  };
}

async function openProgram(log: LoggedDecisions, digest: string): Promise<Program | string> {
  const opened = await log.program(digest);
  return opened.ok ? opened.value : opened.faults.map(({ path, rule }) => `program ${path}: ${rule}`).join("; ");
}
