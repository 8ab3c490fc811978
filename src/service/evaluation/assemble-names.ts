/**
 * Named values as what the ridge regresses on, and as dimensions that results are split by.
 *
 *   covariates  numbers as they are; one column for each of the most frequent labels of a name, 0 or 1
 *   slices      by the labels of a name, or by its numbers: each of them where they are few, else its quarters. Where
 *               none is asked for, by every name that has few labels and no numbers: all are known before the draw
 */
import type { SliceColumn } from "../../core/evaluation/sample.ts";
import type { RowBlock } from "./row-block.ts";

export interface NamesAsked {
  /** null: the names with few labels. */
  readonly slices: readonly string[] | null;
  readonly protectedNames: readonly string[];
}

export interface Names {
  readonly covariates: Float32Array;
  readonly covariateNames: readonly string[];
  readonly slices: readonly SliceColumn[];
}

/** The ridge solves a system of this size; more columns take memory by the row. */
const COVARIATES_MAX = 48;
const LABELS_OF_A_NAME_MAX = 12;
const DEFAULT_SLICES_MAX = 8;
const NUMBERS_OF_A_SLICE_MAX = 8;
const UNKNOWN = "(unknown)";

export function assembleNames(
  blocks: readonly RowBlock[],
  place: Int32Array,
  { rows, slices, protectedNames }: NamesAsked & { readonly rows: number },
): Names {
  const columns = wholeColumns(blocks, place, rows);
  const few = columns.filter(({ labels, hasNumbers }) => {
    return !hasNumbers && labels.length > 1 && labels.length <= LABELS_OF_A_NAME_MAX;
  });
  const asked = slices ?? few.slice(0, DEFAULT_SLICES_MAX).map(({ name }) => name);
  const split = (names: readonly string[], kind: SliceColumn["kind"]) =>
    columns.filter(({ name }) => names.includes(name)).map((column) => sliceOf(column, kind));
  return {
    ...covariatesOf(columns, rows),
    slices: [
      ...split(
        asked.filter((name) => !protectedNames.includes(name)),
        "slice",
      ),
      ...split(protectedNames, "protected"),
    ],
  };
}

/** The names in any of the blocks, sorted. */
function namesIn(blocks: readonly RowBlock[]): readonly string[] {
  return [...new Set(blocks.flatMap(({ named }) => named.map(({ name }) => name)))].toSorted();
}

interface WholeColumn {
  readonly name: string;
  readonly numbers: Float32Array;
  readonly hasNumbers: boolean;
  readonly label: Int32Array;
  readonly labels: readonly string[];
}

function wholeColumns(blocks: readonly RowBlock[], place: Int32Array, rows: number): readonly WholeColumn[] {
  return namesIn(blocks).map((name) => {
    const numbers = new Float32Array(rows).fill(NaN);
    const label = new Int32Array(rows).fill(-1);
    const labels: string[] = [];
    let hasNumbers = false;
    let read = 0;
    for (const block of blocks) {
      const column = block.named.find((one) => one.name === name);
      const codes = column?.labels.map((word) => codeOf(labels, word)) ?? [];
      const rowsWithName = column === undefined ? 0 : block.rows;
      for (let row = 0; row < rowsWithName; row++) {
        const to = place[read + row] as number;
        if (to < 0) continue;
        numbers[to] = column?.numbers[row] as number;
        label[to] = codes[column?.label[row] as number] ?? -1;
        hasNumbers ||= !Number.isNaN(numbers[to]);
      }
      read += block.rows;
    }
    return { name, numbers, hasNumbers, label, labels };
  });
}

function codeOf(labels: string[], label: string): number {
  const known = labels.indexOf(label);
  return known >= 0 ? known : labels.push(label) - 1;
}

function covariatesOf(columns: readonly WholeColumn[], rows: number): Omit<Names, "slices"> {
  const chosen = columns
    .flatMap((column) => [
      ...(column.hasNumbers ? [{ name: column.name, column, code: -1 }] : []),
      ...frequentLabels(column).map((code) => ({ name: `${column.name}=${column.labels[code] ?? ""}`, column, code })),
    ])
    .slice(0, COVARIATES_MAX);
  const covariates = new Float32Array(rows * chosen.length);
  chosen.forEach(({ column, code }, k) => {
    for (let row = 0; row < rows; row++) {
      covariates[row * chosen.length + k] =
        code < 0 ? (column.numbers[row] as number) : Number(column.label[row] === code);
    }
  });
  return { covariates, covariateNames: chosen.map(({ name }) => name) };
}

/** Not all of them: together with the intercept they would say the same twice. */
function frequentLabels({ label, labels }: WholeColumn): readonly number[] {
  if (labels.length < 2) return [];
  const counts = countsOf(label, labels.length);
  const byCount = labels.map((_, code) => code).toSorted((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b);
  return byCount.slice(1, LABELS_OF_A_NAME_MAX);
}

function countsOf(label: Int32Array, labels: number): Float64Array {
  const counts = new Float64Array(labels);
  for (const code of label) if (code >= 0) counts[code] = (counts[code] as number) + 1;
  return counts;
}

function sliceOf({ name, numbers, hasNumbers, label, labels }: WholeColumn, kind: SliceColumn["kind"]): SliceColumn {
  const bins = hasNumbers ? binsOf(numbers) : null;
  const all = [...labels, ...(bins?.labels ?? []), UNKNOWN];
  const codes = new Uint16Array(label.length).fill(all.length - 1);
  for (let row = 0; row < codes.length; row++) {
    const word = label[row] as number;
    const number = numbers[row] as number;
    if (word >= 0) codes[row] = word;
    else if (bins !== null && !Number.isNaN(number)) codes[row] = labels.length + bins.binOf(number);
  }
  return { name, kind, labels: all, label: codes };
}

function binsOf(numbers: Float32Array): { readonly labels: readonly string[]; binOf(number: number): number } {
  const sorted = numbers.filter((number) => !Number.isNaN(number)).toSorted();
  const distinct = [...new Set(sorted)];
  if (distinct.length <= NUMBERS_OF_A_SLICE_MAX) {
    return { labels: distinct.map(String), binOf: (number) => distinct.indexOf(number) };
  }
  const edges = [...new Set([0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * sorted.length)] ?? NaN))];
  return {
    labels: [
      ...edges.map((edge, i) => (i === 0 ? `< ${edge}` : `${edges[i - 1] ?? ""} to ${edge}`)),
      `≥ ${edges.at(-1) ?? ""}`,
    ],
    binOf: (number) => edges.filter((edge) => number >= edge).length,
  };
}
