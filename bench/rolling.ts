/**
 * Restarts that nobody notices. Two replicas behind a balancer are restarted in turn (SIGTERM, exit 0, the next life on
 * the same DATA_DIR) under 40 connections of decisions and outcomes: no call may fail. Then one replica gets SIGTERM while
 * 40 callers keep their connections until they are told that an answer is the last one: every call must be answered, and
 * the process must end by itself within 10 s. All that was promised must be in a log afterwards.
 *
 *     node bench/rolling.ts [--rounds 20] [--connections 40]
 *
 * Exit code 1 when a call failed, a promise is in no log, or a life did not end by itself.
 */
import { parseArgs } from "node:util";
import { type RestartsShown, showRolling, showSigterm } from "../test/support/show-restarts.ts";

const END_MS_MAX = 10_000;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "20" }, connections: { type: "string", default: "40" } },
});
const connections = Number(values.connections);

const progress = (line: string): void => console.error(line);
const rolling = await showRolling({ connections, rounds: Number(values.rounds), progress });
tell("rolling", rolling);
const sigterm = await showSigterm({ connections });
tell("SIGTERM", sigterm);
if (sigterm.longestEndMs > END_MS_MAX) process.exitCode = 1;

function tell(what: string, shown: RestartsShown): void {
  console.log(JSON.stringify({ what, ...shown, failed: shown.failed.length, first: shown.failed[0] }, null, 2));
  if (shown.failed.length + shown.lost + shown.unclean > 0) process.exitCode = 1;
}
