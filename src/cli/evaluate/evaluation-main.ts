/**
 * The process of an evaluation that the service runs beside its decisions: `evaluate` with the same options, which tells
 * the service over their channel how far it is and how it ended.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { Command } from "commander";
import { LiftgateError } from "../../core/errors.ts";
import { addEvaluateCommand } from "../evaluate.ts";
import type { Starter } from "./starter.ts";

/** Where Linux lists the threads of this process. */
const THREADS = "/proc/self/task";

const FULL = "The disk of DATA_DIR is full";

const tellService: Starter = (told) => process.send?.(told);

// Without the service there is nobody to evaluate for.
process.once("disconnect", () => process.exit(1));
process.channel?.unref();
yieldToDecisions();
beKilledFirst();

const command = new Command("evaluation").exitOverride();
addEvaluateCommand(command, tellService);
try {
  await command.parseAsync();
} catch (error) {
  // Our own words only; the rest is for operators.
  if (error instanceof LiftgateError) tellService({ kind: "failed", code: error.code, detail: error.message });
  else if (isFull(error)) tellService({ kind: "failed", code: "evaluation_store_unavailable", detail: FULL });
  else console.error(error);
  process.exitCode = 1;
}

/** As the system and DuckDB say it. */
function isFull(error: unknown): boolean {
  return error instanceof Error && /no space left on device/i.test(error.message);
}

/** On Linux every thread has a priority of its own: some were there before the service lowered that of the first. */
function yieldToDecisions(): void {
  if (!existsSync(THREADS)) return;
  for (const thread of readdirSync(THREADS)) {
    try {
      setPriority(Number(thread), constants.priority.PRIORITY_LOW);
    } catch {
      // It has ended since.
    }
  }
}

/** Where memory runs out, Linux ends this process and not the service. */
function beKilledFirst(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Elsewhere there is no such file.
  }
}
