/** By which policy Linux runs a process (sched(7)). */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** As Linux numbers it. */
export const IDLE = 5;

/** Whether this machine has `idle`, and allows it. */
export const HAS_IDLE = spawnSync("/usr/bin/chrt", ["--idle", "0", "true"]).status === 0;

/** An expression of a program that imports `fs`: its own policy; elsewhere every process is told to be normal. */
export const POLICY =
  'process.platform === "linux" ? Number(fs.readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ")[38]) : 0';

/** The tests' own policy, whatever runs them: what they start has the same unless it is given another. */
export const INHERITED =
  process.platform === "linux" ? Number(readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ")[38]) : 0;
