/** What a process of this machine uses, as Linux tells it. */
import { readFileSync } from "node:fs";

/** Linux counts a process's time in ticks of 1/100 s (`getconf CLK_TCK` on every common platform). */
const TICK_MICROS = 10_000;
const KIB = 1024;

/** Processor time of all its threads since it started, in µs. */
export function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Fields are counted after the command's name, which is in parentheses: 12 is utime, 13 stime.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}

/** Memory that is its own, in bytes: without the pages of mapped files, which the system takes back when it needs them. */
export function ownBytesOf(pid: number): number {
  const own = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(own) * KIB;
}
