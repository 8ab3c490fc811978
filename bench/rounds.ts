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
  readonly progress: (line: string) => void;
}

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
  /** Rounds that were run again. */
  readonly repeated: number;
}

/** How often one round of one server may be run again in a row. */
const REPEATS_MAX = 3;

/**
 * Every answer of every round that counts is 200 and `normal`. A round in which the service, as it
 * promises, decided without features because they came too late (the machine stood still for a moment)
 * is run again; one with a failed request is not.
 *
 * @throws Error when a request failed, a server ended, or rounds stay disturbed
 */
export async function runRounds(plan: RoundsPlan): Promise<Rounds> {
  const { servers, rounds, warmUpSeconds, progress } = plan;
  for (const server of servers) {
    const { degraded } = await load(plan, server, { seconds: warmUpSeconds, label: "warm-up" });
    progress(
      `warmed up the ${server.name}${degraded > 0 ? `, which decided ${degraded} times without features at first` : ""}`,
    );
  }
  const measurements = new Map<string, Measurement[]>(servers.map(({ name }) => [name, []]));
  let repeated = 0;
  for (let round = 0; round < rounds; round++) {
    // Each round starts with the next server: none is always first.
    for (let turn = 0; turn < servers.length; turn++) {
      const server = servers[(round + turn) % servers.length];
      if (server === undefined) continue;
      const { measurement, repeats } = await measure(plan, server, round);
      measurements.get(server.name)?.push(measurement);
      repeated += repeats;
      const speed = measurement.requestsPerSecond.toFixed(0).padStart(6);
      progress(`round ${round + 1} of ${rounds}: ${server.name.padEnd(7)} ${speed} requests/s`);
    }
  }
  return { measurements, repeated };
}

async function measure(
  plan: RoundsPlan,
  server: ServerProcess,
  round: number,
): Promise<{ readonly measurement: Measurement; readonly repeats: number }> {
  for (let repeats = 0; ; repeats++) {
    const cpuBefore = server.cpuMicros();
    const result = await load(plan, server, { seconds: plan.seconds, label: `round-${round + 1}.${repeats}` });
    const cpuAfter = server.cpuMicros();
    const { degraded, answers, firstTrouble } = result;
    if (degraded === 0) {
      const cpuMicrosPerRequest = cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / answers;
      const { timed, elapsedMs, p50Ms, p99Ms, generatorBusy } = result;
      return {
        measurement: {
          requestsPerSecond: (timed * 1_000) / elapsedMs,
          p50Ms,
          p99Ms,
          cpuMicrosPerRequest,
          generatorBusy,
        },
        repeats,
      };
    }
    const trouble = `the ${server.name} gave ${degraded} of ${answers} answers that are not normal, the first: ${firstTrouble}`;
    if (repeats === REPEATS_MAX) throw new Error(trouble);
    plan.progress(`again, since ${trouble}`);
  }
}

async function load(
  { generator, job }: RoundsPlan,
  server: ServerProcess,
  { seconds, label }: Pick<LoadJob, "seconds" | "label">,
): Promise<LoadResult> {
  const result = await generator.fire({ ...job, url: server.url, seconds, label });
  server.assertAlive();
  const { failed, answers, firstTrouble } = result;
  if (failed > 0)
    throw new Error(`the ${server.name} failed ${failed} of ${answers} requests, the first with: ${firstTrouble}`);
  if (answers === 0) throw new Error(`the ${server.name} answered nothing`);
  return result;
}
