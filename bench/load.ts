/** The load generator: one process that lives for the whole bench and runs one job at a time. */
import autocannon from "autocannon";
import { LoadJob, type LoadResult } from "./load-job.ts";
import { quantile } from "./statistics.ts";

/** More than any server answers: none is asked the same again, which would be a retry. */
const REQUESTS_PER_SECOND_MAX = 25_000;
/** How often autocannon looks whether its time is over. */
const SAMPLE_MS = 100;
const TROUBLE_CHARS_MAX = 500;
const NORMAL = '"status":"normal"';
/** A prime stride spreads the users of neighbouring requests over the whole population. */
const STRIDE = 7_919;

process.on("message", (message) => {
  void fire(LoadJob.parse(message)).then((result) => process.send?.(result));
});

async function fire(job: LoadJob): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  let cpuBefore = process.cpuUsage();
  let answers = 0;
  let firstTrouble = "";
  const verifyBody = (body: unknown): boolean => {
    const text = String(body);
    if (text.includes(NORMAL)) return true;
    firstTrouble ||= text.slice(0, TROUBLE_CHARS_MAX);
    return false;
  };
  let firstMs = 0;
  let lastMs = 0;
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon({ ...optionsOf(job), verifyBody }, (error: unknown, done) =>
      error instanceof Error ? reject(error) : resolve(done),
    );
    run.on("reqError", (error) => (firstTrouble ||= String(error)));
    run.on("response", (_client, _status, _bytes, latencyMs) => {
      answers += 1;
      // The first request of each connection waited until all connections were set up.
      if (answers <= job.connections) return;
      lastMs = performance.now();
      if (latenciesMs.length === 0) {
        firstMs = lastMs;
        cpuBefore = process.cpuUsage();
      }
      latenciesMs.push(latencyMs);
    });
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  latenciesMs.sort((a, b) => a - b);
  return {
    timed: latenciesMs.length,
    answers,
    failed: result.non2xx + result.errors + result.timeouts,
    // autocannon counts the body of a failed answer as a mismatch too.
    degraded: Math.max(0, result.mismatches - result.non2xx),
    firstTrouble,
    elapsedMs: lastMs - firstMs,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    generatorBusy: (user + system) / 1_000 / (lastMs - firstMs),
  };
}

function optionsOf(job: LoadJob): autocannon.Options {
  let connection = 0;
  return {
    url: `${job.url}/v1/decide`,
    method: "POST",
    headers: { "content-type": "application/json" },
    connections: job.connections,
    duration: job.seconds,
    sampleInt: SAMPLE_MS,
    setupClient: (client) => client.setRequests(requestsOf(job, connection++)),
  };
}

function requestsOf({ programId, users, label, seconds, connections }: LoadJob, connection: number) {
  const length = Math.ceil((seconds * REQUESTS_PER_SECOND_MAX) / connections);
  return Array.from({ length }, (_, i): autocannon.Request => {
    const n = connection * length + i;
    const body = {
      programId,
      userId: `customer-${((n * STRIDE) % users) + 1}`,
      requestId: `${label}-${connection}-${i}`,
      context: { surface: "checkout", platform: "ios" },
    };
    return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  });
}
