/** One random history of a log that ends with a power loss, and which acknowledged records are gone. */
import { FileDecisionLog } from "../../src/adapters/file/decision-log.ts";
import type { Durability } from "../../src/adapters/file/segment.ts";
import { Random } from "../../src/simulation/random.ts";
import { LogWitness, START_MS } from "./decision-log-files.ts";
import { type DiskFault, LosingDisk } from "./losing-disk.ts";

/** Small, so that a history goes through several segments. */
const SEGMENT_BYTES_MAX = 400;
const TURNS_MAX = 60;
const BURST_MAX = 6;
const FAULTS: readonly DiskFault[] = ["create", "write", "short write", "sync"];
const FAULT_SHARE = 0.08;

export interface PowerHistory {
  readonly acknowledged: number;
  readonly refused: number;
  /** Acknowledged, and not on the disk after the loss. */
  readonly lost: number;
  /** On the disk twice. */
  readonly doubled: number;
  /** Lines on the disk that nobody appended. */
  readonly foreign: number;
}

/** The same for the same seed. */
export async function powerHistory(durability: Durability, seed: number): Promise<PowerHistory> {
  const random = new Random(seed, durability);
  const disk = diskOf(random);
  let suffix = 0;
  const log = new FileDecisionLog({
    directory: "",
    durability,
    clock: () => START_MS,
    stopwatch: () => 0,
    segmentSuffix: () => (++suffix).toString(16).padStart(8, "0"),
    observer: new LogWitness(),
    segmentBytesMax: SEGMENT_BYTES_MAX,
    createFile: disk.createFile,
  });
  const acknowledged: string[] = [];
  let appended = 0;
  let refused = 0;
  for (let turns = 1 + below(random, TURNS_MAX); turns > 0; turns--) {
    for (let burst = below(random, BURST_MAX); burst > 0; burst--) {
      const line = JSON.stringify({ number: appended++, filler: "x".repeat(below(random, 40)) });
      log.append(line).then(
        () => acknowledged.push(line),
        () => refused++,
      );
    }
    await new Promise(setImmediate);
  }
  // What is acknowledged after this moment is acknowledged by nobody.
  const promised = [...acknowledged];
  return { acknowledged: promised.length, refused, ...compare(promised, { left: disk.losePower(), appended }) };
}

function diskOf(random: Random): LosingDisk {
  return new LosingDisk({
    nextFault: () => (random.uniform() < FAULT_SHARE ? (FAULTS[below(random, FAULTS.length)] ?? "none") : "none"),
    nextTurns: () => below(random, 4),
    nextSurvival: () => random.between(-0.3, 1),
  });
}

function compare(
  promised: readonly string[],
  { left, appended }: { readonly left: readonly Buffer[]; readonly appended: number },
): Pick<PowerHistory, "lost" | "doubled" | "foreign"> {
  // What follows a file's last line feed is torn: recovery cuts it off.
  const lines = left.flatMap((bytes) => bytes.toString("utf8").split("\n").slice(0, -1));
  const there = new Set(lines);
  return {
    lost: promised.filter((line) => !there.has(line)).length,
    doubled: lines.length - there.size,
    foreign: lines.filter((line) => !(Number(JSON.parse(line).number) < appended)).length,
  };
}

/** A whole number from 0 up to, and without, the bound. */
function below(random: Random, bound: number): number {
  return Math.floor(random.uniform() * bound);
}
