/** The Open Bandit logs as samples, and the policy that shows every item as often. Items are actions; nothing is an offer. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { PolicyColumns, Sample } from "../../src/core/evaluation/sample.ts";

const FOLDER = new URL("../data/open-bandit/", import.meta.url);

export interface BanditLog {
  readonly sample: Sample;
  readonly uniform: PolicyColumns;
}

export function openBandit(log: "bts-men" | "bts-women" | "random-men" | "random-women"): BanditLog {
  const text = gunzipSync(readFileSync(new URL(`${log}.csv.gz`, FOLDER))).toString();
  const rows = text.trim().split("\n").slice(1);
  const cells = rows.map((row) => row.split(",").map(Number));
  const column = (k: number) => Float64Array.from(cells, (row) => row[k] ?? NaN);
  const item = Uint8Array.from(column(0));
  const items = item.reduce((most, id) => Math.max(most, id + 1), 0);
  const n = rows.length;
  const nothing = new Float64Array(n);
  const expected = { assigned: nothing, uplift: new Float32Array(n * items), baseline: nothing };
  const sample: Sample = {
    actions: Array.from({ length: items }, (_, id) => `item-${id}`),
    rows: n,
    unit: Int32Array.from({ length: n }, (_, i) => i),
    units: n,
    timeMs: Float64Array.from({ length: n }, (_, i) => i),
    arm: new Uint8Array(n).fill(2),
    assigned: item,
    given: Int8Array.from(item),
    propensity: column(3),
    logged: new Float32Array(n * items).fill(1 / items),
    value: column(2),
    cost: nothing,
    expectedValue: expected,
    expectedCost: expected,
    covariates: new Float32Array(0),
    covariateNames: [],
    lambda: nothing,
    slices: [],
  };
  const uniform = {
    drawn: new Float64Array(n).fill(1 / items),
    expectedValue: nothing,
    expectedCost: nothing,
    offered: new Float64Array(n).fill(1),
    unsupported: nothing,
  };
  return { sample, uniform };
}
