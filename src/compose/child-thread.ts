/**
 * A thread that starts one process, idle and at the lowest priority, and passes on what it says. To start a process is to
 * fork, which copies the page tables of the whole service and waits until the copy runs: tens of milliseconds in which this
 * thread does nothing else, so that the one that decides need not.
 */
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { ChildSetup, ThreadTold } from "./evaluation-child.ts";
import { idleCommand } from "./idle-command.ts";

const { args, environment }: ChildSetup = workerData;
const command = idleCommand({ file: process.execPath, args });
const child = spawn(command.file, command.args, { env: environment, stdio: ["ignore", "ignore", "pipe", "ipc"] });
child.on("error", ({ message }) => tell({ kind: "said", text: message }));
child.stderr?.setEncoding("utf8").on("data", (text: string) => tell({ kind: "said", text }));
child.on("message", (message) => tell({ kind: "message", message }));
child.on("close", (code, signal) => {
  if (child.pid !== undefined) tell({ kind: "closed", by: signal ?? `exit code ${code}` });
  parentPort?.close();
});
parentPort?.on("message", (signal: NodeJS.Signals) => child.kill(signal));
lowerPriority();

function lowerPriority(): void {
  if (child.pid === undefined) return;
  try {
    setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch (cause) {
    // At the priority of decisions it would slow them down.
    tell({ kind: "said", text: String(cause) });
    child.kill("SIGKILL");
  }
}

function tell(told: ThreadTold): void {
  parentPort?.postMessage(told, []);
}
