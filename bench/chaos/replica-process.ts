import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ReplicaTotals, ReplicaWorld } from "./world.ts";

const PROGRAM = fileURLToPath(new URL("replica.ts", import.meta.url));
const NOTHING: ReplicaTotals = {
  decisions: 0,
  syncs: 0,
  declares: 0,
  settles: 0,
  reaps: 0,
  missed: 0,
  failed: 0,
  recoveries: 0,
};

/** One replica: its data directory outlives its processes. */
export class ReplicaProcess {
  readonly #world: ReplicaWorld;
  #child: ChildProcess | null = null;
  #before = NOTHING;
  #current = NOTHING;

  constructor(world: ReplicaWorld) {
    this.#world = world;
  }

  get dataDir(): string {
    return this.#world.dataDir;
  }

  /** Of all its processes; what one did in its last tenth of a second before a kill is missing. */
  get totals(): ReplicaTotals {
    return sumOf(this.#before, this.#current);
  }

  start(): void {
    this.#before = this.totals;
    this.#current = NOTHING;
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(this.#world)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#current = JSON.parse(line);
    });
    this.#child = child;
  }

  shiftClock(): void {
    this.#child?.kill("SIGUSR2");
  }

  async restart(): Promise<void> {
    await this.#end("SIGKILL");
    this.start();
  }

  /** Lets it close its lease. Throws if it could not. */
  async stop(): Promise<void> {
    const code = await this.#end("SIGTERM");
    if (code !== 0) throw new Error(`the replica in ${this.dataDir} ended with ${code}`);
  }

  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}

function sumOf(a: ReplicaTotals, b: ReplicaTotals): ReplicaTotals {
  return {
    decisions: a.decisions + b.decisions,
    syncs: a.syncs + b.syncs,
    declares: a.declares + b.declares,
    settles: a.settles + b.settles,
    reaps: a.reaps + b.reaps,
    missed: a.missed + b.missed,
    failed: a.failed + b.failed,
    recoveries: a.recoveries + b.recoveries,
  };
}
