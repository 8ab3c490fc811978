import type { Sample } from "../../core/evaluation/sample.ts";

/** The rows of a sample that are named, in their order; units keep their order and are numbered anew. */
export function subsetSample(sample: Sample, rows: Int32Array): Sample {
  const actions = sample.actions.length;
  const units = new Map<number, number>();
  const unit = Int32Array.from(rows, (row) => {
    const old = sample.unit[row] as number;
    if (!units.has(old)) units.set(old, units.size);
    return units.get(old) ?? 0;
  });
  const picked = <T extends Float64Array | Float32Array | Uint8Array | Int8Array | Uint16Array>(
    column: T,
    into: T,
  ): T => {
    for (let i = 0; i < rows.length; i++) into[i] = column[rows[i] as number] as number;
    return into;
  };
  const n = rows.length;
  const expected = ({ assigned, uplift, baseline }: Sample["expectedValue"]) => ({
    assigned: picked(assigned, new Float64Array(n)),
    uplift: pickedRows(uplift, rows, actions),
    baseline: baseline === null ? null : picked(baseline, new Float64Array(n)),
  });
  return {
    actions: sample.actions,
    rows: n,
    unit,
    units: units.size,
    timeMs: picked(sample.timeMs, new Float64Array(n)),
    arm: picked(sample.arm, new Uint8Array(n)),
    assigned: picked(sample.assigned, new Uint8Array(n)),
    given: picked(sample.given, new Int8Array(n)),
    propensity: picked(sample.propensity, new Float64Array(n)),
    logged: pickedRows(sample.logged, rows, actions),
    value: picked(sample.value, new Float64Array(n)),
    cost: picked(sample.cost, new Float64Array(n)),
    expectedValue: expected(sample.expectedValue),
    expectedCost: expected(sample.expectedCost),
    covariates: pickedRows(sample.covariates, rows, sample.covariateNames.length),
    covariateNames: sample.covariateNames,
    lambda: picked(sample.lambda, new Float64Array(n)),
    slices: sample.slices.map((slice) => ({ ...slice, label: picked(slice.label, new Uint16Array(n)) })),
  };
}

function pickedRows(column: Float32Array, rows: Int32Array, width: number): Float32Array {
  const into = new Float32Array(rows.length * width);
  rows.forEach((row, i) => into.set(column.subarray(row * width, (row + 1) * width), i * width));
  return into;
}
