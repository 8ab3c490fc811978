/**
 * Who is likely to buy, as a model of the logs has it that asks for no cause: logistic regression of an order on the
 * customer's columns, over everybody, whatever they were offered.
 *
 *   w ← w + (XᵀSX + I)⁻¹(Xᵀ(y − p) − w),  S = diag(p(1 − p))    (Newton; ridge of 1)
 */
import type { Customer } from "../src/cli/demo/customers.ts";

const STEPS = 8;
const ZIP_CODES = ["Rural", "Surburban"];
const CHANNELS = ["Phone", "Web"];

export interface Observed {
  readonly customer: Customer;
  readonly isOrdered: boolean;
}

/** The chance of an order of each customer; rises with it, that is all that is asked of it. */
export function fitLikelihood(observed: readonly Observed[]): (customer: Customer) => number {
  const rows = observed.map(({ customer }) => columnsOf(customer));
  const width = rows[0]?.length ?? 0;
  let weights = new Array<number>(width).fill(0);
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map((weight) => -weight);
    const curvature = weights.map((_, i) => weights.map((__, j) => Number(i === j)));
    rows.forEach((row, i) => addTo({ gradient, curvature }, { row, ...chanceOf(row, weights), at: observed[i] }));
    const move = solve(curvature, gradient);
    weights = weights.map((weight, i) => weight + (move[i] ?? 0));
  }
  const fitted = weights;
  return (customer) => chanceOf(columnsOf(customer), fitted).chance;
}

function columnsOf({ features }: Customer): readonly number[] {
  const history = Number(features["history"]) / 500;
  const recency = Number(features["recency"]) / 12;
  return [
    1,
    recency,
    recency * recency,
    history,
    Math.min(1, history),
    recency * Math.min(1, history),
    Number(features["mens"]),
    Number(features["womens"]),
    Number(features["newbie"]),
    ...ZIP_CODES.map((code) => Number(features["zip_code"] === code)),
    ...CHANNELS.map((channel) => Number(features["channel"] === channel)),
  ];
}

function chanceOf(row: readonly number[], weights: readonly number[]): { readonly chance: number } {
  const score = row.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0);
  return { chance: 1 / (1 + Math.exp(-score)) };
}

interface Normal {
  readonly gradient: number[];
  readonly curvature: number[][];
}

interface Point {
  readonly row: readonly number[];
  readonly chance: number;
  readonly at: Observed | undefined;
}

function addTo({ gradient, curvature }: Normal, { row, chance, at }: Point): void {
  const error = Number(at?.isOrdered ?? false) - chance;
  row.forEach((value, i) => {
    gradient[i] = (gradient[i] ?? 0) + value * error;
    const line = curvature[i] ?? [];
    row.forEach((other, j) => {
      line[j] = (line[j] ?? 0) + value * other * chance * (1 - chance);
    });
  });
}

/** Gauss and Jordan; the matrix is positive definite, so no pivot is 0. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  rows.forEach((row, i) => {
    const pivot = row[i] ?? 1;
    row.forEach((value, j) => {
      row[j] = value / pivot;
    });
    rows.forEach((other, k) => {
      const factor = other[i] ?? 0;
      if (k === i) return;
      row.forEach((value, j) => {
        other[j] = (other[j] ?? 0) - factor * value;
      });
    });
  });
  return rows.map((row) => row.at(-1) ?? 0);
}
