/**
 * The golden rows: does this graph, on this machine, with the service's own encoder, compute what
 * the training library computed?
 *
 *   raw → encoded        bit by bit
 *   encoded → outputs    |found − expected| ≤ max(absolute, relative·|expected|), all finite;
 *                        the same bits alone and in a batch where the graph has only trees
 *   outputs → action     argmax of the calibrated first value head, no_offer if none is above 0
 */
import type { InferenceSession } from "onnxruntime-node";
import type { Golden, Manifest } from "../../contract/manifest.ts";
import { calibrate } from "../../core/decision/calibrate.ts";
import type { FeatureContract } from "../../core/domain/model.ts";
import { NO_OFFER } from "../../core/domain/program.ts";
import { completeRow, encodeRow } from "../../core/features/encode.ts";
import { meanOf } from "../../core/numerics/moments.ts";
import type { Fault } from "../../core/ports.ts";
import { runGraph } from "./batched-session.ts";
import { featureContractOf, modelOutputsOf } from "./model-contract.ts";

type GoldenRow = Golden["rows"][number];

/** The rows whose faults are named before the check stops: one wrong weight spoils every row. */
const FAULTY_ROWS_MAX = 3;

/** Faults of the golden rows in order; none when everything agrees. */
export async function checkGolden(
  session: InferenceSession,
  manifest: Manifest,
  { rows }: Golden,
): Promise<readonly Fault[]> {
  const file = manifest.golden.file;
  if (rows.length !== manifest.golden.rows) {
    return [
      { path: `${file}#/rows`, rule: `must be ${manifest.golden.rows} rows as the manifest says, got ${rows.length}` },
    ];
  }
  const contract = featureContractOf(manifest);
  const encoding = firstFaults(file, rows, (row) => checkEncoding(contract, row));
  if (encoding.length > 0) return encoding;

  const encoded = rows.map((row) => rowOf(row.encoded));
  const batch = await scoreTogether(session, manifest, encoded);
  const singles: Outputs[] = [];
  for (const row of encoded) singles.push(...(await scoreTogether(session, manifest, [row])));
  return firstFaults(file, rows, (row, position) => {
    const inBatch = batch[position] ?? {};
    const alone = singles[position] ?? {};
    return [
      ...checkOutputs(manifest, row, inBatch),
      ...checkAlone(manifest, { row, inBatch, alone }),
      ...checkAction(manifest, row, inBatch),
    ];
  });
}

function firstFaults(
  file: string,
  rows: readonly GoldenRow[],
  check: (row: GoldenRow, position: number) => readonly Fault[],
): readonly Fault[] {
  const faults: Fault[] = [];
  let faulty = 0;
  for (const [position, row] of rows.entries()) {
    const found = check(row, position);
    faults.push(...found.map(({ path, rule }) => ({ path: `${file}#/rows/${position}/${path}`, rule })));
    if (found.length > 0) faulty += 1;
    if (faulty === FAULTY_ROWS_MAX) break;
  }
  return faults;
}

function checkEncoding(contract: FeatureContract, { raw, encoded }: GoldenRow): readonly Fault[] {
  const row = encodeRow(contract, raw);
  if (row.unknown.length > 0)
    return row.unknown.map((name) => ({ path: `raw/${name}`, rule: "is not a feature of the manifest" }));
  if (row.faults.length > 0) return row.faults.map(({ path, rule }) => ({ path: `raw/${path}`, rule }));
  const { values, required } = completeRow(contract, row.values);
  if (required.length > 0)
    return required.map((name) => ({ path: `raw/${name}`, rule: "is missing, and the feature rejects that" }));
  if (encoded.length !== values.length) {
    return [{ path: "encoded", rule: `must have ${values.length} values, got ${encoded.length}` }];
  }
  const expected = rowOf(encoded);
  return contract.features.flatMap(({ index, name }) => {
    const ours = values[index] ?? NaN;
    const theirs = expected[index] ?? NaN;
    const rule = `${name} encodes to ${ours} here, the training side has ${theirs}: the encodings differ`;
    return Object.is(ours, theirs) ? [] : [{ path: `encoded/${index}`, rule }];
  });
}

function rowOf(encoded: readonly (number | null)[]): Float32Array {
  return Float32Array.from(encoded, (value) => value ?? NaN);
}

/** The outputs of one row: per head, [A, R] flat or one number. */
type Outputs = Readonly<Record<string, Float32Array>>;

/** Scores the rows in one run. Throws `model_failed`. */
async function scoreTogether(
  session: InferenceSession,
  { features: { length: width }, heads }: Manifest,
  rows: readonly Float32Array[],
): Promise<readonly Outputs[]> {
  const features = new Float32Array(rows.length * width);
  rows.forEach((row, position) => features.set(row, position * width));
  const flat = await runGraph(session, { features, rows: rows.length, heads: heads.map(({ id }) => id) });
  return rows.map((_, position) => {
    const outputs: Record<string, Float32Array> = {};
    for (const [head, values] of Object.entries(flat)) {
      const size = values.length / rows.length;
      outputs[head] = values.subarray(position * size, (position + 1) * size);
    }
    return outputs;
  });
}

function checkOutputs(manifest: Manifest, row: GoldenRow, outputs: Outputs): readonly Fault[] {
  const { tolerance } = manifest.golden;
  const faults: Fault[] = [];
  for (const { id, kind } of manifest.heads) {
    const expected = expectedOf(manifest, row.outputs[id], kind);
    const found = outputs[id];
    if (expected === undefined || found === undefined) {
      const shape =
        kind === "baseline" ? "a number" : `${manifest.actions.length} lists of ${manifest.replicates} numbers`;
      faults.push({ path: `outputs/${id}`, rule: `must be ${shape}` });
      continue;
    }
    const at = found.findIndex((value, i) => !agrees(value, expected[i] ?? NaN, tolerance));
    if (at < 0) continue;
    const value = found[at] ?? NaN;
    faults.push({ path: placeOf(manifest, { id, kind, at }), rule: ruleFor(value, expected[at] ?? NaN) });
  }
  return faults;
}

/** The expected values, flat, in the order of the graph's output; undefined if they have another shape. */
function expectedOf(
  { actions, replicates }: Manifest,
  outputs: GoldenRow["outputs"][string] | undefined,
  kind: Manifest["heads"][number]["kind"],
): readonly number[] | undefined {
  if (typeof outputs === "number") return kind === "baseline" ? [outputs] : undefined;
  if (outputs === undefined || kind === "baseline" || outputs.length !== actions.length) return undefined;
  return outputs.every((values) => values.length === replicates) ? outputs.flat() : undefined;
}

function agrees(found: number, expected: number, { absolute, relative }: Manifest["golden"]["tolerance"]): boolean {
  return Math.abs(found - expected) <= Math.max(absolute, relative * Math.abs(expected));
}

interface OutputPlace {
  readonly id: string;
  readonly kind: Manifest["heads"][number]["kind"];
  readonly at: number;
}

function placeOf({ replicates }: Manifest, { id, kind, at }: OutputPlace): string {
  return kind === "baseline" ? `outputs/${id}` : `outputs/${id}/${Math.floor(at / replicates)}/${at % replicates}`;
}

function ruleFor(found: number, expected: number): string {
  if (!Number.isFinite(found))
    return `golden mismatch: the graph gives ${found}; its weights are not all finite numbers`;
  return (
    `golden mismatch: the graph gives ${found}, the training library gave ${expected}; ` +
    "the graph was changed, damaged or belongs to another model: export it again"
  );
}

interface Scored {
  readonly row: GoldenRow;
  readonly inBatch: Outputs;
  readonly alone: Outputs;
}

/** A row scored alone against the same row in a batch: the same bits, or for other graphs near enough. */
function checkAlone(manifest: Manifest, { row, inBatch, alone }: Scored): readonly Fault[] {
  if (!manifest.graph.treeOnly) {
    return checkOutputs(manifest, row, alone).map(({ path, rule }) => ({ path, rule: `scored alone: ${rule}` }));
  }
  return manifest.heads.flatMap(({ id, kind }) => {
    const at = inBatch[id]?.findIndex((value, i) => !Object.is(value, alone[id]?.[i])) ?? -1;
    if (at < 0) return [];
    const rule = `${alone[id]?.[at]} alone but ${inBatch[id]?.[at]} in a batch: a graph of trees only must give the same bits`;
    return [{ path: placeOf(manifest, { id, kind, at }), rule }];
  });
}

function checkAction(manifest: Manifest, row: GoldenRow, outputs: Outputs): readonly Fault[] {
  const best = bestAction(manifest, outputs);
  if (row.nearTie || best === row.bestAction) return [];
  return [{ path: "bestAction", rule: `the graph's best action is ${best}, the training library's ${row.bestAction}` }];
}

function bestAction(manifest: Manifest, outputs: Outputs): string {
  const { actions, replicates, calibration } = modelOutputsOf(manifest);
  const head = manifest.heads.find(({ kind }) => kind === "value")?.id ?? "";
  let best: string = NO_OFFER;
  let bestValue = 0;
  for (const [at, action] of actions.entries()) {
    const raw = outputs[head]?.subarray(at * replicates, (at + 1) * replicates) ?? [];
    const calibrator = calibration[head]?.[at];
    const value = calibrator === undefined ? NaN : calibrate(calibrator, meanOf(raw));
    if (value > bestValue) {
      best = action;
      bestValue = value;
    }
  }
  return best;
}
