/** By which policy Linux runs a process (sched(7)). */
import { spawnSync } from "node:child_process";

/** As Linux numbers them; elsewhere every process is told to be normal. */
export const NORMAL = 0;
export const IDLE = 5;

/** Whether this machine has `idle`, and allows it. */
export const HAS_IDLE = spawnSync("/usr/bin/chrt", ["--idle", "0", "true"]).status === 0;

/** An expression of a program that imports `fs`: its own policy. */
export const POLICY =
  'process.platform === "linux" ? Number(fs.readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ")[38]) : 0';
