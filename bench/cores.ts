/** Which core runs what: the server under test has one for itself, everything else shares the other. */
import { spawnSync } from "node:child_process";

export interface Cores {
  readonly server: number;
  readonly rest: number;
}

/** The first and the last core this process may use; null where `taskset` or a second core is missing. */
export function findCores(): Cores | null {
  const { status, stdout } = spawnSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" });
  if (status !== 0) return null;
  const cores = coresOf(stdout.slice(stdout.lastIndexOf(":") + 1).trim());
  const [server] = cores;
  const rest = cores.at(-1);
  return server === undefined || rest === undefined || server === rest ? null : { server, rest };
}

/** Moves this process, and with it everything it starts from now on, to one core. */
export function pinSelf(core: number): void {
  const { status, stderr } = spawnSync("taskset", ["-acp", String(core), String(process.pid)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`taskset could not pin this process to core ${core}: ${stderr}`);
}

/** The command line that runs `command` on the core. */
export function pinned(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined ? command : ["taskset", "-c", String(core), ...command];
}

/**
 * @example coresOf("0-2,5") // [0, 1, 2, 5]
 */
function coresOf(list: string): readonly number[] {
  return list.split(",").flatMap((part) => {
    const [from = NaN, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
