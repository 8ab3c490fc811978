/**
 * An evaluation, told downwards: look at some of the log → find on it the prices to judge at → read all of it, once: what
 * happened, and what the policies would have done → estimate.
 *
 * Lines are read anew each time, and nothing is kept of them but columns. What is sampled is every so many-th line: the
 * same ones each time, and of every hour of the log as many as it has.
 */
import type { JoinTerms } from "../../core/evaluation/join.ts";
import type { PolicyColumns, Sample } from "../../core/evaluation/sample.ts";
import { invariant, LiftgateError } from "../../core/errors.ts";
import type { NamesAsked } from "./assemble-names.ts";
import { assemblePolicy, assembleSample } from "./assemble-sample.ts";
import { gapOf, type Neighbours, neighboursOf, priceGrid } from "./price-search.ts";
import type { ReadTally } from "./read-log.ts";
import type { PartRead } from "./read-part.ts";
import { release } from "./row-block.ts";

/** Rows that prices are found on, and the response curve is judged by: more would narrow no line of the plot. */
const SAMPLE_ROWS = 50_000;
/** A first look: of a log of a million rows it is the sample. */
const LOOK_EVERY = 32;

/** A policy at a price; λ null: at the prices that were logged. */
export interface PolicyQuestion {
  readonly policy: "candidate" | "incumbent";
  readonly lambda: number | null;
}

/** What is wanted of a part of the log. */
export interface Asked {
  /** null: not what happened. */
  readonly join: JoinTerms | null;
  /** Of every so many-th line; 1: of all. */
  readonly every: number;
  /** What these would have done. */
  readonly questions: readonly PolicyQuestion[];
}

/** The parts of a log, in order; several may be read at one time. */
export interface LogParts {
  readonly count: number;
  read(part: number, asked: Asked): Promise<PartRead>;
}

export interface EvaluationTask {
  /** Asked once: resolves when all outcomes can be looked up. */
  readonly join: () => Promise<JoinTerms>;
  /** The candidate's λ; null: whatever spends as much as the incumbent. */
  readonly lambda: number | null;
  /** Of the candidate's objective. */
  readonly costWeight: number;
  /** Decided again; or as it was logged. */
  readonly incumbent: "as logged" | "decided again";
  readonly names: NamesAsked;
  /** Told when the log is about to be read, and how often it will be after that. */
  readonly onPass: (left: number) => void;
  /** Told when nothing is read any more, and no outcome looked up. */
  readonly onRead: () => void;
}

/** A policy over a sample. */
export interface Judged {
  readonly lambda: number | null;
  readonly columns: PolicyColumns;
}

export interface CurveJudged {
  readonly lambda: number;
  readonly sample: Sample;
  readonly columns: PolicyColumns;
}

/** Everything that the estimators read. */
export interface Evidence {
  readonly join: JoinTerms;
  readonly sample: Sample;
  /** One price, or two around the incumbent's spend, the first of which spends more. */
  readonly candidate: readonly [Judged, ...Judged[]];
  readonly incumbent: Judged | null;
  readonly curve: readonly CurveJudged[];
  readonly reach: Neighbours["reach"] | "as_told";
  readonly duplicates: number;
  readonly tallies: readonly ReadTally[];
}

/** @throws LiftgateError `invalid_request` where the log has no decision to evaluate on */
export async function gatherEvidence(log: LogParts, task: EvaluationTask): Promise<Evidence> {
  const looked = await lookAt(log, task);
  const join = await task.join();
  const { curve, incumbent } = await curveOver(log, task, { ...looked, join });
  const { lambdas, reach } = pricesOf(curve, incumbent, { lambda: task.lambda, every: looked.every });
  task.onPass(0);
  const { sample, policies, duplicates, tallies } = await read(log, task, { join, every: 1, lambdas });
  task.onRead();
  const [first, ...others] = policies.candidate;
  invariant(first !== undefined, "expected a price to judge the candidate at");
  const judged = { candidate: [first, ...others], incumbent: policies.incumbent, curve, reach } as const;
  return { join, sample, ...judged, duplicates, tallies };
}

interface Looked {
  readonly every: number;
  readonly sample: Sample;
}

/** A sample that is large enough; all of the log where it is no larger. */
async function lookAt(log: LogParts, task: EvaluationTask): Promise<Looked> {
  task.onPass(2);
  const { sample } = await read(log, task, { join: null, every: LOOK_EVERY, lambdas: [] });
  if (sample.rows >= SAMPLE_ROWS / 2) return { every: LOOK_EVERY, sample };
  const every = Math.max(1, Math.floor((LOOK_EVERY * sample.rows) / SAMPLE_ROWS));
  task.onPass(2);
  const closer = await read(log, task, { join: null, every, lambdas: [] });
  if (closer.sample.rows > 0) return { every, sample: closer.sample };
  throw new LiftgateError("invalid_request", "the log has no decision to evaluate on");
}

interface Curve {
  readonly curve: readonly CurveJudged[];
  readonly incumbent: Judged | null;
}

async function curveOver(
  log: LogParts,
  task: EvaluationTask,
  { every, sample, join }: Looked & { readonly join: JoinTerms },
): Promise<Curve> {
  const lambdas = priceGrid(sample, task.costWeight);
  task.onPass(1);
  const { policies, sample: again } = await read(log, task, { join, every, lambdas });
  const curve = policies.candidate.map(({ lambda, columns }) => ({ lambda, columns, sample: again }));
  return { curve, incumbent: policies.incumbent };
}

function pricesOf(
  curve: readonly CurveJudged[],
  incumbent: Judged | null,
  { lambda, every }: { readonly lambda: number | null; readonly every: number },
): Pick<Evidence, "reach"> & { readonly lambdas: readonly number[] } {
  if (lambda !== null) return { lambdas: [lambda], reach: "as_told" };
  const gaps = curve.map((point) => {
    return { lambda: point.lambda, ...gapOf(point.sample, point.columns, incumbent?.columns ?? null) };
  });
  return neighboursOf(gaps, every === 1 ? "all rows" : "a sample");
}

interface Read {
  readonly sample: Sample;
  readonly policies: {
    readonly candidate: readonly { readonly lambda: number; readonly columns: PolicyColumns }[];
    readonly incumbent: Judged | null;
  };
  readonly duplicates: number;
  readonly tallies: readonly ReadTally[];
}

/** Every so many-th line of all parts, with the candidate at these prices, and the incumbent if it decides again. */
async function read(
  log: LogParts,
  { names, incumbent }: Pick<EvaluationTask, "names" | "incumbent">,
  { join, every, lambdas }: Omit<Asked, "questions"> & { readonly lambdas: readonly number[] },
): Promise<Read> {
  const again: readonly PolicyQuestion[] = incumbent === "decided again" ? [AS_LOGGED] : [];
  const questions = [...lambdas.map((lambda): PolicyQuestion => ({ policy: "candidate", lambda })), ...again];
  const parts = await Promise.all(
    Array.from({ length: log.count }, (_, part) => log.read(part, { join, every, questions })),
  );
  const blocks = parts.flatMap((part) => part.blocks);
  const { sample, place, duplicates } = assembleSample(parts, names);
  const columnsOf = (question: number) => assemblePolicy(blocks, { question, place, rows: sample.rows });
  const policies = {
    candidate: lambdas.map((lambda, k) => ({ lambda, columns: columnsOf(k) })),
    incumbent: again.length === 0 ? null : { lambda: null, columns: columnsOf(lambdas.length) },
  };
  blocks.forEach(release);
  return {
    sample,
    policies,
    duplicates,
    tallies: parts.map(({ tally }) => tally),
  };
}

const AS_LOGGED: PolicyQuestion = { policy: "incumbent", lambda: null };
