/**
 * Candidate against incumbent, slice by slice, and who is harmed.
 *
 * A slice is harmed where its loss, Δvalue − s·Δcost (s: what a unit of money buys where the candidate stops), is
 * beyond the tolerance by more than chance explains. One-sided normal tests, all slices together by Holm's step-down
 * method (Scandinavian Journal of Statistics 6, 1979): the chance that any slice is called harmed wrongly is at most α.
 */
import { normalQuantile } from "../numerics/normal-quantile.ts";
import type { Clusters } from "./clusters.ts";
import type { Contributions } from "./contributions.ts";
import type { Estimate, SliceResult } from "./evaluation.ts";
import type { Sample, SliceColumn } from "./sample.ts";

export interface SliceTerms {
  readonly level: number;
  /** The loss per decision that is accepted. ≥ 0. */
  readonly tolerance: number;
  /** Slices with fewer decisions are counted, and not judged. */
  readonly minSliceRows: number;
}

export interface SliceRows {
  readonly paired: Contributions;
  readonly slope: number;
  readonly offered: { readonly candidate: Float64Array; readonly incumbent: Float64Array };
}

export function slicesOf(
  sample: Sample,
  clusters: Clusters,
  rows: SliceRows,
  terms: SliceTerms,
): readonly SliceResult[] {
  const { value, cost } = rows.paired;
  const worth = value.map((v, i) => v - rows.slope * (cost[i] as number));
  const judged = sample.slices.flatMap((slice) => judgedSlices(sample, clusters, { slice, worth, rows, terms }));
  const harmed = harmedOf(
    judged.map(({ loss }) => loss),
    terms,
  );
  return judged.map(({ result }, i) => ({ ...result, harmed: harmed[i] === true }));
}

interface JudgedSlice {
  readonly result: Omit<SliceResult, "harmed">;
  /** null: too few decisions to judge. */
  readonly loss: Estimate | null;
}

interface SliceParts {
  readonly slice: SliceColumn;
  readonly worth: Float64Array;
  readonly rows: SliceRows;
  readonly terms: SliceTerms;
}

function judgedSlices(
  sample: Sample,
  clusters: Clusters,
  { slice, worth, rows, terms }: SliceParts,
): readonly JudgedSlice[] {
  const { labels, label } = slice;
  const by = (column: Float64Array) => clusters.meansBy(column, label, labels.length);
  const [value, cost, worths] = [by(rows.paired.value), by(rows.paired.cost), by(worth)];
  const [candidate, incumbent] = [by(rows.offered.candidate), by(rows.offered.incumbent)];
  const counts = countsOf(sample, slice);
  return labels.map((text, k) => {
    const { decisions = 0, units = 0 } = counts[k] ?? {};
    const enough = decisions >= terms.minSliceRows;
    const result = {
      name: slice.name,
      kind: slice.kind,
      label: text,
      decisions,
      units,
      offered: { candidate: share(candidate[k]), incumbent: share(incumbent[k]) },
      value: enough ? (value[k] ?? null) : null,
      cost: enough ? (cost[k] ?? null) : null,
    };
    return { result, loss: enough ? (worths[k] ?? null) : null };
  });
}

function countsOf({ unit, units }: Sample, { labels, label }: SliceColumn) {
  const decisions = labels.map(() => 0);
  const seen = labels.map(() => new Uint8Array(units));
  for (let i = 0; i < label.length; i++) {
    const k = label[i] as number;
    decisions[k] = (decisions[k] ?? 0) + 1;
    const those = seen[k];
    if (those !== undefined) those[unit[i] as number] = 1;
  }
  return decisions.map((count, k) => ({
    decisions: count,
    units: seen[k]?.reduce((sum, one) => sum + one, 0) ?? 0,
  }));
}

/** Means of shares; rounding may leave them a bit outside. */
function share(mean: Estimate | undefined): number {
  return Math.min(1, Math.max(0, mean?.estimate ?? 0));
}

function harmedOf(losses: readonly (Estimate | null)[], { level, tolerance }: SliceTerms): readonly boolean[] {
  const tested = losses.flatMap((loss, i) => (loss === null || loss.standardError === 0 ? [] : [{ loss, i }]));
  const worstFirst = tested
    .map(({ loss, i }) => ({ i, z: (-tolerance - loss.estimate) / loss.standardError }))
    .toSorted((a, b) => b.z - a.z);
  const harmed = losses.map((loss) => loss !== null && loss.standardError === 0 && loss.estimate < -tolerance);
  for (const [rank, { i, z }] of worstFirst.entries()) {
    if (z <= normalQuantile(1 - (1 - level) / (worstFirst.length - rank))) break;
    harmed[i] = true;
  }
  return harmed;
}
