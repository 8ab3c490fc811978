/** Samples made by hand, and drawn from a world whose effects are known. */
import type { PolicyColumns, Sample } from "../../src/core/evaluation/sample.ts";

/** One decision. What is absent: unit = row, given = assigned, cost 0, no expectations. */
export interface Row {
  readonly unit?: number;
  readonly assigned: number;
  readonly given?: number;
  /** Of every action. */
  readonly logged: readonly number[];
  readonly value: number;
  readonly cost?: number;
  /** τ of every action, of value and cost. */
  readonly tauValue?: readonly number[];
  readonly tauCost?: readonly number[];
  readonly covariates?: readonly number[];
  readonly slice?: number;
}

export function sampleOf(actions: readonly string[], rows: readonly Row[], labels: readonly string[] = []): Sample {
  const width = rows[0]?.covariates?.length ?? 0;
  const of = <T extends keyof Row>(field: T) => rows.map((row) => row[field]);
  const unit = Int32Array.from(rows, (row, i) => row.unit ?? i);
  return {
    actions,
    rows: rows.length,
    unit,
    units: unit.reduce((most, u) => Math.max(most, u + 1), 0),
    timeMs: Float64Array.from(rows, (_, i) => i * 1_000),
    arm: new Uint8Array(rows.length).fill(2),
    assigned: Uint8Array.from(of("assigned")),
    given: Int8Array.from(rows, (row) => row.given ?? row.assigned),
    propensity: Float64Array.from(rows, (row) => row.logged[row.assigned] ?? NaN),
    logged: Float32Array.from(rows.flatMap((row) => row.logged)),
    value: Float64Array.from(of("value")),
    cost: Float64Array.from(rows, (row) => row.cost ?? 0),
    expectedValue: expectedOf(rows, actions, (row) => row.tauValue),
    expectedCost: expectedOf(rows, actions, (row) => row.tauCost),
    covariates: Float32Array.from(rows.flatMap((row) => row.covariates ?? [])),
    covariateNames: Array.from({ length: width }, (_, k) => `x${k}`),
    lambda: new Float64Array(rows.length),
    slices:
      labels.length === 0
        ? []
        : [{ name: "group", kind: "slice", labels, label: Uint16Array.from(rows, (row) => row.slice ?? 0) }],
  };
}

function expectedOf(
  rows: readonly Row[],
  actions: readonly string[],
  tauOf: (row: Row) => readonly number[] | undefined,
): Sample["expectedValue"] {
  const taus = rows.map((row) => tauOf(row) ?? actions.map(() => 0));
  return {
    assigned: Float64Array.from(rows, (row, i) => taus[i]?.[row.assigned] ?? 0),
    uplift: Float32Array.from(taus.flat()),
    baseline: null,
  };
}

/** A policy that draws by `pi(row, i)`, one probability an action. */
export function policyOf(rows: readonly Row[], pi: (row: Row, i: number) => readonly number[]): PolicyColumns {
  const drawn = rows.map((row, i) => pi(row, i));
  const expected = (i: number, tau: readonly number[] | undefined) =>
    (drawn[i] ?? []).reduce((sum, p, a) => sum + (p === 0 ? 0 : p * (tau?.[a] ?? 0)), 0);
  return {
    drawn: Float64Array.from(rows, (row, i) => drawn[i]?.[row.assigned] ?? 0),
    expectedValue: Float64Array.from(rows, (row, i) => expected(i, row.tauValue)),
    expectedCost: Float64Array.from(rows, (row, i) => expected(i, row.tauCost)),
    offered: Float64Array.from(rows, (_, i) => 1 - (drawn[i]?.[0] ?? 0)),
    unsupported: Float64Array.from(rows, (row, i) =>
      (drawn[i] ?? []).reduce((sum, p, a) => sum + ((row.logged[a] ?? 0) > 0 ? 0 : p), 0),
    ),
  };
}
