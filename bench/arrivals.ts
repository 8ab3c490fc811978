/** Open-loop load: requests arrive at random at a steady rate, whether or not those before were answered. */
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../src/simulation/random.ts";
import { quantile } from "./statistics.ts";

/** Connections are kept; more than these are never needed at once unless the service stands still. */
const CONNECTIONS_MAX = 256;
const TICK_MS = 1;
const NORMAL = '"status":"normal"';

export interface Arrivals {
  readonly url: string;
  readonly perSecond: number;
  readonly bodyOf: (number: number) => object;
  readonly seed: number;
}

export interface ArrivalsResult {
  readonly answers: number;
  /** Other than 200, or not `normal`. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Until the signal says stop; latencies count from sending to the last byte. */
export async function arrive({ url, perSecond, bodyOf, seed }: Arrivals, stop: AbortSignal): Promise<ArrivalsResult> {
  const random = new Random(seed, "arrivals");
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  const latenciesMs: number[] = [];
  let failed = 0;
  const underWay = new Set<Promise<void>>();
  const startMs = performance.now();
  let dueMs = 0;
  for (let number = 0; !stop.aborted;) {
    for (; dueMs <= performance.now() - startMs; number++) {
      const sent = send(new URL("/v1/decide", url), agent, JSON.stringify(bodyOf(number)))
        .then(({ ms, isNormal }) => {
          latenciesMs.push(ms);
          if (!isNormal) failed += 1;
          return undefined;
        })
        .finally(() => underWay.delete(sent));
      underWay.add(sent);
      dueMs -= (Math.log(1 - random.uniform()) * 1_000) / perSecond;
    }
    await delay(TICK_MS);
  }
  await Promise.all(underWay);
  agent.destroy();
  latenciesMs.sort((a, b) => a - b);
  const [p50Ms, p99Ms] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
  return { answers: latenciesMs.length, failed, p50Ms, p99Ms };
}

interface Answered {
  readonly ms: number;
  readonly isNormal: boolean;
}

function send(url: URL, agent: Agent, body: string): Promise<Answered> {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const startMs = performance.now();
  return new Promise((resolve) => {
    const done = (isNormal: boolean): void => resolve({ ms: performance.now() - startMs, isNormal });
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => done(text.includes(NORMAL)));
      response.on("error", () => done(false));
    });
    sent.on("error", () => done(false));
    sent.end(body);
  });
}
