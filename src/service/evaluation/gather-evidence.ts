/**
 * An evaluation, told downwards: read the log → find the prices to judge at → ask what the candidate would have done →
 * estimate.
 *
 * The log is read once for what happened, and again for what each policy would have done; nothing of a record is kept.
 */
import type { JoinTerms } from "../../core/evaluation/join.ts";
import type { PolicyColumns, Sample } from "../../core/evaluation/sample.ts";
import { invariant, LiftgateError } from "../../core/errors.ts";
import type { NamesAsked } from "./assemble-names.ts";
import { type Assembled, assemblePolicy, assembleSample } from "./assemble-sample.ts";
import { costOf, type Neighbours, neighboursOf, priceGrid } from "./price-search.ts";
import type { ReadTally } from "./read-log.ts";
import { isInShare } from "./read-part.ts";
import type { RowBlock } from "./row-block.ts";
import { subsetSample } from "./subset-sample.ts";

/** Rows that the response curve is judged by: more would narrow no line of the plot. */
const CURVE_ROWS_MAX = 50_000;

/** A policy at a price; λ null: at the prices that were logged. */
export interface PolicyQuestion {
  readonly policy: "candidate" | "incumbent";
  readonly lambda: number | null;
}

/** The parts of a log, in order; several may be read at one time. */
export interface LogParts {
  readonly count: number;
  rows(part: number, join: JoinTerms): Promise<PartRows>;
  /** @param lines of rows, rising */
  policies(part: number, questions: readonly PolicyQuestion[], lines: Uint32Array): Promise<readonly PolicyColumns[]>;
}

export interface PartRows {
  readonly blocks: readonly RowBlock[];
  readonly tally: ReadTally;
}

export interface EvaluationTask {
  readonly join: JoinTerms;
  /** The candidate's λ; null: whatever spends as much as the incumbent. */
  readonly lambda: number | null;
  /** Of the candidate's objective. */
  readonly costWeight: number;
  /** Decided again; or as it was logged. */
  readonly incumbent: "as logged" | "decided again";
  readonly names: NamesAsked;
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
  const { assembled, places, tallies } = await readRowsOf(log, task);
  const { sample, duplicates } = assembled;
  if (sample.rows === 0) throw new LiftgateError("invalid_request", "the log has no decision to evaluate on");

  const again = task.incumbent === "decided again" ? await policiesOver(log, AS_LOGGED, places, assembled) : [];
  const incumbent = again[0] === undefined ? null : { lambda: null, columns: again[0] };
  const spent = incumbent === null ? meanOf(sample.cost) : costOf(sample, incumbent.columns);

  const share = Math.min(1, CURVE_ROWS_MAX / sample.rows);
  const curve = await curveOver(log, { places, assembled, share }, priceGrid(sample, task.costWeight));
  const { lambdas, reach } = pricesOf(curve, spent, { lambda: task.lambda, share });
  const questions = lambdas.map((lambda): PolicyQuestion => ({ policy: "candidate", lambda }));
  const columns = await policiesOver(log, questions, places, assembled);
  const [first, ...others] = lambdas.flatMap((lambda, k) => {
    const judged = columns[k];
    return judged === undefined ? [] : [{ lambda, columns: judged }];
  });
  invariant(first !== undefined, "expected a price to judge the candidate at");
  return { sample, candidate: [first, ...others], incumbent, curve, reach, duplicates, tallies };
}

/** Where the rows of a part are, and whose: all that is kept of what was read. */
interface PartPlaces {
  readonly line: Uint32Array;
  readonly units: readonly string[];
}

async function readRowsOf(log: LogParts, { join, names }: EvaluationTask) {
  const parts = await Promise.all(partsOf(log).map((part) => log.rows(part, join)));
  const blocks = parts.flatMap((part) => part.blocks);
  return {
    assembled: assembleSample(blocks, names),
    places: parts.map(placesOf),
    tallies: parts.map(({ tally }) => tally),
  };
}

function placesOf({ blocks }: PartRows): PartPlaces {
  const line = new Uint32Array(blocks.reduce((sum, { rows }) => sum + rows, 0));
  let at = 0;
  for (const block of blocks) {
    line.set(block.line, at);
    at += block.rows;
  }
  return { line, units: blocks.flatMap(({ units }) => units) };
}

const AS_LOGGED: readonly PolicyQuestion[] = [{ policy: "incumbent", lambda: null }];

function partsOf({ count }: LogParts): readonly number[] {
  return Array.from({ length: count }, (_, part) => part);
}

async function policiesOver(
  log: LogParts,
  questions: readonly PolicyQuestion[],
  places: readonly PartPlaces[],
  { place, sample }: Assembled,
): Promise<readonly PolicyColumns[]> {
  const answers = await Promise.all(places.map(({ line }, part) => log.policies(part, questions, line)));
  return questions.map((_, k) => assemblePolicy(nth(answers, k), place, sample.rows));
}

interface CurveParts {
  readonly places: readonly PartPlaces[];
  readonly assembled: Assembled;
  readonly share: number;
}

async function curveOver(
  log: LogParts,
  { places, assembled, share }: CurveParts,
  lambdas: readonly number[],
): Promise<readonly CurveJudged[]> {
  const { place, rows } = sampledPlaces(places, assembled.place, share);
  const sample = share === 1 ? assembled.sample : subsetSample(assembled.sample, rows);
  const questions = lambdas.map((lambda): PolicyQuestion => ({ policy: "candidate", lambda }));
  const answers = await Promise.all(places.map((part, k) => log.policies(k, questions, linesInShare(part, share))));
  return lambdas.map((lambda, k) => ({ lambda, sample, columns: assemblePolicy(nth(answers, k), place, sample.rows) }));
}

function linesInShare({ line, units }: PartPlaces, share: number): Uint32Array {
  return line.filter((_, row) => isInShare(units[row] ?? "", share));
}

/** Of every row of sampled units that was read: its place among them; and their rows in the sample. */
function sampledPlaces(parts: readonly PartPlaces[], place: Int32Array, share: number) {
  const places: number[] = [];
  const rows: number[] = [];
  let read = 0;
  for (const { units } of parts) {
    for (const unit of units) {
      const row = place[read++] as number;
      if (!isInShare(unit, share)) continue;
      places.push(row < 0 ? -1 : rows.push(row) - 1);
    }
  }
  return { place: Int32Array.from(places), rows: Int32Array.from(rows) };
}

function pricesOf(
  curve: readonly CurveJudged[],
  spent: number,
  { lambda, share }: { readonly lambda: number | null; readonly share: number },
): Pick<Evidence, "reach"> & { readonly lambdas: readonly number[] } {
  if (lambda !== null) return { lambdas: [lambda], reach: "as_told" };
  const spending = curve.map((point) => ({ lambda: point.lambda, cost: costOf(point.sample, point.columns) }));
  return neighboursOf(spending, spent, share === 1 ? "all units" : "a sample");
}

function nth<T>(answers: readonly (readonly T[])[], k: number): readonly T[] {
  return answers.flatMap((answer) => answer[k] ?? []);
}

function meanOf(column: Float64Array): number {
  return column.reduce((sum, number) => sum + number, 0) / column.length;
}
