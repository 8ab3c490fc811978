/** Rounds of load that take turns between servers, so that what the machine does meanwhile hits all alike. */
import type { Generator } from "./generator.ts";
import type { LoadJob, LoadResult } from "./load-job.ts";
import type { ServerProcess } from "./server-process.ts";

export interface RoundsPlan {
  readonly servers: readonly ServerProcess[];
  readonly generator: Generator;
  readonly job: Omit<LoadJob, "url" | "seconds" | "label">;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** What becomes of a load in which not every answer was `normal`: it is run again, or counts all the same. */
  readonly disturbed: "repeat" | "count";
  readonly progress: (line: string) => void;
}

export type WarmUpPlan = Pick<RoundsPlan, "servers" | "generator" | "job" | "progress">;

/** One server in one round. */
export interface Measurement {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the server, all its threads; null where the system does not tell. */
  readonly cpuMicrosPerRequest: number | null;
  readonly generatorBusy: number;
}

/** Per server name, one measurement per round. */
export type Measurements = ReadonlyMap<string, readonly Measurement[]>;

export interface Rounds {
  readonly measurements: Measurements;
  /** Loads that were run again since they were disturbed. */
  readonly repeated: number;
  /** Rounds that do not count, since they stayed disturbed. */
  readonly dropped: number;
}

/** How often one round of one server may be run again. */
const REPEATS_MAX = 3;

/**
 * Every answer of every round that counts is 200 and `normal`. Where the service, as it promises,
 * decided without features because they came too late (the machine stood still for a moment), the load
 * is run again; where that does not help, the round is dropped for all servers.
 *
 * @throws Error when a request failed, a server ended, or no round was left
 */
export async function runRounds(plan: RoundsPlan): Promise<Rounds> {
  const { servers } = plan;
  await warmUp(plan, { seconds: plan.warmUpSeconds, label: "warm-up" });
  const measurements = new Map<string, Measurement[]>(servers.map(({ name }) => [name, []]));
  let repeated = 0;
  let dropped = 0;
  for (let round = 0; round < plan.rounds; round++) {
    const { counted, repeats } = await runRound(plan, round);
    repeated += repeats;
    if (counted === null) dropped += 1;
    else for (const [name, measurement] of counted) measurements.get(name)?.push(measurement);
  }
  if (dropped === plan.rounds)
    throw new Error("no round was undisturbed: the machine is too busy, or the service too slow");
  return { measurements, repeated, dropped };
}

/** One load for each server that nothing is measured of. A label of its own for each call. */
export async function warmUp(plan: WarmUpPlan, about: Pick<LoadJob, "seconds" | "label">): Promise<void> {
  for (const server of plan.servers) {
    const { degraded } = await load(plan, server, about);
    const trouble = degraded > 0 ? `, which decided ${degraded} times without features at first` : "";
    plan.progress(`${about.label}: ${server.name}${trouble}`);
  }
}

interface Round {
  /** By the server's name; null when the round does not count. */
  readonly counted: ReadonlyMap<string, Measurement> | null;
  readonly repeats: number;
}

/** Each round starts with the next server: none is always first. */
async function runRound(plan: RoundsPlan, round: number): Promise<Round> {
  const { servers, progress } = plan;
  const first = round % servers.length;
  const counted = new Map<string, Measurement>();
  let repeats = 0;
  for (const server of [...servers.slice(first), ...servers.slice(0, first)]) {
    let measurement = await measure(plan, server, `round-${round + 1}`);
    for (let again = 1; measurement === null && again <= REPEATS_MAX; again++) {
      repeats += 1;
      measurement = await measure(plan, server, `round-${round + 1}.${again}`);
    }
    if (measurement === null) {
      progress(`round ${round + 1} does not count: the ${server.name} stayed disturbed`);
      return { counted: null, repeats };
    }
    counted.set(server.name, measurement);
    const speed = measurement.requestsPerSecond.toFixed(0).padStart(6);
    progress(`round ${round + 1} of ${plan.rounds}: ${server.name.padEnd(7)} ${speed} requests/s`);
  }
  return { counted, repeats };
}

/** One server under load; null when not every answer was `normal` and that is not to count. */
async function measure(plan: RoundsPlan, server: ServerProcess, label: string): Promise<Measurement | null> {
  const cpuBefore = server.cpuMicros();
  const result = await load(plan, server, { seconds: plan.seconds, label });
  const cpuAfter = server.cpuMicros();
  const { degraded, answers, firstTrouble, timed, elapsedMs, p50Ms, p99Ms, generatorBusy } = result;
  if (degraded > 0) {
    plan.progress(`the ${server.name} gave ${degraded} of ${answers} answers that are not normal: ${firstTrouble}`);
    if (plan.disturbed === "repeat") return null;
  }
  const cpuMicrosPerRequest = cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / answers;
  return { requestsPerSecond: (timed * 1_000) / elapsedMs, p50Ms, p99Ms, cpuMicrosPerRequest, generatorBusy };
}

async function load(
  { generator, job, servers }: WarmUpPlan,
  server: ServerProcess,
  { seconds, label }: Pick<LoadJob, "seconds" | "label">,
): Promise<LoadResult> {
  // Servers on one Redis know each other's answers: a request of theirs would be a retry.
  const own = `${servers.indexOf(server)}-${label}`;
  const result = await generator.fire({ ...job, url: server.url, seconds, label: own });
  server.assertAlive();
  const { failed, answers, firstTrouble } = result;
  if (failed > 0)
    throw new Error(`the ${server.name} failed ${failed} of ${answers} requests, the first with: ${firstTrouble}`);
  if (answers === 0) throw new Error(`the ${server.name} answered nothing`);
  return result;
}
