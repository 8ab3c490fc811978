/**
 * `liftgate evaluate` as a process, on a log of many decisions: time, and the most memory it ever had.
 *
 *   npm run -s bench:evaluation -- 1000000             decisions × 8 actions, nothing is scored again
 *   npm run -s bench:evaluation -- 1000000 rescore     the shipped model scores every decision again
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { shippedCase, wideCase, writeEvaluationLog } from "./evaluation-log.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const POLL_MS = 100;

const decisions = Number(process.argv[2] ?? 1_000_000);
const isRescored = process.argv[3] === "rescore";

const folder = await mkdtemp(join(tmpdir(), "liftgate-bench-"));
try {
  const judged = isRescored ? await shippedCase() : wideCase();
  await measure(await writeEvaluationLog(folder, judged, decisions), judged.models);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measure(candidate: string, models: string): Promise<void> {
  const startedMs = performance.now();
  const told = ["evaluate", "--candidate", candidate, "--models", models, "--out", join(folder, "report")];
  const child = spawn(process.execPath, [join(ROOT, "src/main.ts"), ...told], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], DATA_DIR: folder },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const closed = once(child, "close").then(() => true);
  let peakMiB = 0;
  while (!(await Promise.race([closed, delay(POLL_MS, false)]))) peakMiB = Math.max(peakMiB, peakOf(child.pid));
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${decisions} decisions: ${seconds.toFixed(1)} s, peak RSS ${peakMiB.toFixed(0)} MiB`);
}

/** In MiB; 0 once the process is gone. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid ?? 0}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
