/**
 * What an evaluation that the service runs costs decisions: p99 of `POST /v1/decide` while one runs, over p99 without, in
 * turns on one service, at a steady rate over loopback.
 *
 *     node bench/evaluation-job.ts [--decisions N --rate N --rounds N --seconds S]
 *
 * Nothing is pinned to a core: service, Redis, load and evaluation share what there is, as on one small machine.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { EvaluationEntry, EvaluationList } from "../src/contract/evaluations.ts";
import { arrive, type ArrivalsResult } from "./arrivals.ts";
import { Deployment, PROGRAM_ID, USERS } from "./deployment.ts";
import { type Spread, spread } from "./statistics.ts";

const PROGRAM = fileURLToPath(new URL(`../programs/${PROGRAM_ID}.yaml`, import.meta.url));
const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const FILL_BATCH = 500;
const WARM_UP_SECONDS = 5;
/** Seldom: to be asked is load, too. */
const POLL_MS = 500;
/** A prime stride spreads the users of neighbouring requests over the whole population. */
const STRIDE = 7_919;

const { values: options } = parseArgs({
  options: {
    decisions: { type: "string", default: "400000" },
    rate: { type: "string", default: "1000" },
    rounds: { type: "string", default: "6" },
    seconds: { type: "string", default: "14" },
  },
});
const startedMs = performance.now();
const seconds = Number(options.seconds);
const candidate = (await readFile(PROGRAM, "utf8")).replace("version: 1", "version: 2");
const deployment = await Deployment.open({ cores: null, progress });
try {
  const { url } = await deployment.startService();
  await fill(url);
  await underLoad(url, "warm-up", after(WARM_UP_SECONDS));
  await bench(url);
} finally {
  await deployment.close();
}

interface Round {
  readonly quiet: ArrivalsResult;
  readonly evaluating: ArrivalsResult;
  readonly ratio: number;
  /** Of the machine, as the round began. */
  readonly load: number;
}

async function bench(url: string): Promise<void> {
  const rounds: Round[] = [];
  for (let n = 1; n <= Number(options.rounds); n++) {
    const load = loadavg()[0] ?? NaN;
    // Neither is always first.
    const before = n % 2 === 1 ? await underLoad(url, `quiet-${n}`, after(seconds)) : null;
    const evaluating = await whileEvaluating(url, n);
    const quiet = before ?? (await underLoad(url, `quiet-${n}`, after(seconds)));
    const round = { quiet, evaluating, ratio: evaluating.p99Ms / quiet.p99Ms, load };
    rounds.push(round);
    progress(
      `round ${n}: p99 ${quiet.p99Ms.toFixed(1)} ms, evaluating ${evaluating.p99Ms.toFixed(1)} ms; load ${load.toFixed(1)}`,
    );
  }
  tell(rounds);
  await mkdir(RESULTS, { recursive: true });
  const result = join(RESULTS, `evaluation-job-${new Date().toISOString().replaceAll(":", "-")}.json`);
  await writeFile(result, `${JSON.stringify({ options, rounds }, null, 2)}\n`);
}

function tell(rounds: readonly Round[]): void {
  const figures = (figure: (round: Round) => number): string => text(spread(rounds.map(figure)));
  console.log(`p99 evaluating / quiet: ${figures(({ ratio }) => ratio)}`);
  console.log(`load average: ${figures(({ load }) => load)}`);
  for (const when of ["quiet", "evaluating"] as const) {
    const results = rounds.map((round) => round[when]);
    const [p50, p99] = [figures((round) => round[when].p50Ms), figures((round) => round[when].p99Ms)];
    const [answers, failed] = [sum(results.map((one) => one.answers)), sum(results.map((one) => one.failed))];
    console.log(`${when}: p50 ${p50} ms, p99 ${p99} ms; ${failed} of ${answers} answers not normal`);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

/** Load for as long as the evaluation runs, from its start on, at most for the time of a round; then until it has ended. */
async function whileEvaluating(url: string, n: number): Promise<ArrivalsResult> {
  const body = JSON.stringify({ programId: PROGRAM_ID, candidate });
  const { evaluationId } = EvaluationEntry.parse(await call(url, "/v1/evaluations", body));
  const stopping = new AbortController();
  const ending = endOf(url, evaluationId).finally(() => stopping.abort());
  const result = await underLoad(url, `evaluating-${n}`, AbortSignal.any([stopping.signal, after(seconds)]));
  const loadedMs = performance.now();
  const { status, startedAt, endedAt } = await ending;
  if (status !== "done") throw new Error(`the evaluation ended as ${status}`);
  const ranMs = Date.parse(endedAt ?? "") - Date.parse(startedAt ?? "");
  progress(
    `the evaluation took ${(ranMs / 1_000).toFixed(1)} s, ${((performance.now() - loadedMs) / 1_000).toFixed(1)} s of it without load`,
  );
  return result;
}

async function endOf(url: string, evaluationId: string): Promise<EvaluationEntry> {
  for (;;) {
    await delay(POLL_MS);
    const { evaluations } = EvaluationList.parse(await call(url, "/v1/evaluations"));
    const entry = evaluations.find((one) => one.evaluationId === evaluationId);
    if (entry !== undefined && entry.endedAt !== null) return entry;
  }
}

function after(waitSeconds: number): AbortSignal {
  return AbortSignal.timeout(waitSeconds * 1_000);
}

/** A log to be judged: decisions of all users in turn. */
async function fill(url: string): Promise<void> {
  const decisions = Number(options.decisions);
  for (let first = 0; first < decisions; first += FILL_BATCH) {
    const requests = Array.from({ length: FILL_BATCH }, (_, i) => requestOf(`fill-${first + i}`, first + i));
    await call(url, "/v1/decide/batch", JSON.stringify({ requests }));
  }
  progress(`${decisions} decisions are logged`);
}

async function underLoad(url: string, label: string, stop: AbortSignal): Promise<ArrivalsResult> {
  const bodyOf = (number: number): object => requestOf(`${label}-${number}`, number);
  return await arrive({ url, perSecond: Number(options.rate), bodyOf, seed: 1 }, stop);
}

function requestOf(requestId: string, number: number): object {
  const userId = `customer-${((number * STRIDE) % USERS) + 1}`;
  return { programId: PROGRAM_ID, userId, requestId, context: { surface: "checkout", platform: "ios" } };
}

/** Gets, or posts the body. */
async function call(url: string, path: string, body?: string): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}${path}`, body === undefined ? {} : { method: "POST", headers, body });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
  return await response.json();
}

function text({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function progress(line: string): void {
  console.error(`[${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s] ${line}`);
}
