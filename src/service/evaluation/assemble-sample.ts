/** Parts of a log, in their order, as one sample: ids once, units numbered, names as covariates and slices. */
import type { Expected, PolicyColumns, Sample } from "../../core/evaluation/sample.ts";
import { Numbering } from "../../core/numerics/numbering.ts";
import { assembleNames, type NamesAsked } from "./assemble-names.ts";
import type { PartRead } from "./read-part.ts";
import type { RowBlock } from "./row-block.ts";

export interface Assembled {
  readonly sample: Sample;
  /** Of every row that was read: its place in the sample; −1: the decision was there before. */
  readonly place: Int32Array;
  readonly duplicates: number;
}

export function assembleSample(parts: readonly PartRead[], asked: NamesAsked): Assembled {
  const blocks = parts.flatMap((part) => part.blocks);
  const { place, rows, duplicates } = placesOf(blocks);
  const actions = [...new Set(parts.flatMap((part) => part.actions))];
  const units = new Numbering(rows);
  const columns = emptyColumns(rows, actions.length);
  let read = 0;
  for (const part of parts) {
    const actionAt = Uint8Array.from(part.actions, (action) => actions.indexOf(action));
    for (const block of part.blocks) {
      for (let row = 0; row < block.rows; row++, read++) {
        const to = place[read] as number;
        if (to < 0) continue;
        columns.unit[to] = units.numberOf(block.unit[row] as number);
        copyRow(block, { row, actionAt }, columns, to);
      }
    }
  }
  const names = assembleNames(blocks, place, { rows, ...asked });
  return { sample: { ...columns, ...names, actions, rows, units: units.count }, place, duplicates };
}

interface PolicyPlaces {
  /** Which of the policies that were asked about. */
  readonly question: number;
  readonly place: Int32Array;
  readonly rows: number;
}

/** What a policy would have done, over the sample. */
export function assemblePolicy(blocks: readonly RowBlock[], { question, place, rows }: PolicyPlaces): PolicyColumns {
  const joined = (name: keyof PolicyColumns): Float64Array => {
    const column = new Float64Array(rows);
    let read = 0;
    for (const { policies } of blocks) {
      for (const number of policies[question]?.[name] ?? []) {
        const to = place[read++] as number;
        if (to >= 0) column[to] = number;
      }
    }
    return column;
  };
  return {
    drawn: joined("drawn"),
    expectedValue: joined("expectedValue"),
    expectedCost: joined("expectedCost"),
    offered: joined("offered"),
    unsupported: joined("unsupported"),
  };
}

function placesOf(blocks: readonly RowBlock[]) {
  const place = new Int32Array(blocks.reduce((sum, block) => sum + block.rows, 0));
  const ids = new Numbering(place.length);
  let read = 0;
  for (const { id } of blocks) {
    for (let row = 0; row < id.length; row++) {
      const before = ids.count;
      const number = ids.numberOf(id[row] as number);
      place[read++] = number < before ? -1 : number;
    }
  }
  return { place, rows: ids.count, duplicates: read - ids.count };
}

type Columns = Omit<Sample, "actions" | "rows" | "units" | "covariates" | "covariateNames" | "slices">;

function emptyColumns(rows: number, actions: number): Columns {
  return {
    unit: new Int32Array(rows),
    timeMs: new Float64Array(rows),
    arm: new Uint8Array(rows),
    assigned: new Uint8Array(rows),
    given: new Int8Array(rows),
    propensity: new Float64Array(rows),
    logged: new Float32Array(rows * actions),
    value: new Float64Array(rows),
    cost: new Float64Array(rows),
    lambda: new Float64Array(rows),
    expectedValue: emptyExpected(rows, actions),
    expectedCost: emptyExpected(rows, actions),
  };
}

function emptyExpected(rows: number, actions: number): Expected {
  return {
    assigned: new Float64Array(rows),
    uplift: new Float32Array(rows * actions).fill(NaN),
    baseline: null,
  };
}

function copyRow(
  block: RowBlock,
  { row, actionAt }: { readonly row: number; readonly actionAt: Uint8Array },
  columns: Columns,
  to: number,
): void {
  const { expectedValue, expectedCost } = columns;
  const given = block.given[row] as number;
  columns.timeMs[to] = block.timeMs[row] as number;
  columns.arm[to] = block.arm[row] as number;
  columns.assigned[to] = actionAt[block.assigned[row] as number] as number;
  columns.given[to] = given < 0 ? -1 : (actionAt[given] as number);
  columns.propensity[to] = block.propensity[row] as number;
  columns.value[to] = block.value[row] as number;
  columns.cost[to] = block.cost[row] as number;
  columns.lambda[to] = block.lambda[row] as number;
  expectedValue.assigned[to] = block.assignedValue[row] as number;
  expectedCost.assigned[to] = block.assignedCost[row] as number;
  const from = row * block.width;
  const base = to * (columns.logged.length / columns.unit.length);
  for (let i = 0; i < block.width; i++) {
    const at = base + (actionAt[i] as number);
    columns.logged[at] = block.logged[from + i] as number;
    expectedValue.uplift[at] = block.upliftValue[from + i] as number;
    expectedCost.uplift[at] = block.upliftCost[from + i] as number;
  }
}
