/** Logged decisions with what happened after them, as columns of a bounded number of rows: what readers hand over. */
import { ACTIONS_MAX } from "../../contract/limits.ts";
import { ARMS, type Scores } from "../../core/domain/decision.ts";
import type { Program } from "../../core/domain/program.ts";
import type { DecisionRecord } from "../../core/domain/record.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { Observed } from "../../core/evaluation/join.ts";
import { uniformFromHash } from "../../core/numerics/murmur3.ts";
import type { PolicyColumns } from "../../core/evaluation/sample.ts";
import { firstRows, policyColumns, type Propensity } from "./policy-block.ts";
import { type NamedColumn, NamedColumns } from "./named-columns.ts";

/** As `Sample`, but of units and ids there are hashes, and of actions there are as many as were seen so far. */
export interface RowBlock {
  readonly rows: number;
  readonly width: number;
  /** 53 bits of a hash of the decision's id: two of a million decisions share one with a chance of 1 in 10,000. */
  readonly id: Float64Array;
  /** The same of the unit. */
  readonly unit: Float64Array;
  readonly timeMs: Float64Array;
  readonly arm: Uint8Array;
  readonly assigned: Uint8Array;
  readonly given: Int8Array;
  readonly propensity: Float64Array;
  /** [rows × width], as the next two. */
  readonly logged: Float32Array;
  readonly upliftValue: Float32Array;
  readonly upliftCost: Float32Array;
  readonly assignedValue: Float64Array;
  readonly assignedCost: Float64Array;
  readonly value: Float64Array;
  readonly cost: Float64Array;
  readonly lambda: Float64Array;
  readonly named: readonly NamedColumn[];
  /** What each of the policies that were asked about would have done. */
  readonly policies: readonly PolicyColumns[];
}

const BLOCK_ROWS = 4_096;

/** What outcomes are joined to. */
export interface ToldRow extends Pick<DecisionRecord, "decisionId" | "time" | "realizedAction"> {
  readonly decided: Program;
}

export class BlockBuilder {
  readonly #policy: Program;
  readonly #propensity: Propensity;
  readonly #actions: string[];
  /** Filled again for each block: what is taken is a copy. */
  readonly #block: Building;
  #told: ToldRow[] = [];

  /** @param policies how many are asked about */
  constructor(
    policy: Program,
    { propensity, policies }: { readonly propensity: Propensity; readonly policies: number },
  ) {
    this.#policy = policy;
    this.#propensity = propensity;
    this.#actions = policy.actions.map(({ id }) => id);
    this.#block = building(policies);
  }

  /** What columns of actions are in the order of; it grows. */
  get actions(): readonly string[] {
    return this.#actions;
  }

  get isFull(): boolean {
    return this.#told.length === BLOCK_ROWS;
  }

  /** To be filled with what each policy would have done, where `add` says. */
  get policies(): readonly PolicyColumns[] {
    return this.#block.policies;
  }

  /**
   * The row it has in the block.
   *
   * @throws LiftgateError `invalid_request` where the log has more actions than a program may
   */
  add(record: DecisionRecord, decided: Program): number {
    const { decisionId, time, realizedAction } = record;
    const row = this.#told.push({ decisionId, time, realizedAction, decided }) - 1;
    const block = this.#block;
    const base = row * ACTIONS_MAX;
    block.id[row] = uniformFromHash(decisionId);
    block.unit[row] = uniformFromHash(record.unit);
    block.timeMs[row] = Date.parse(time);
    block.arm[row] = ARMS.indexOf(record.arm);
    block.assigned[row] = this.#placeOf(record.action);
    block.lambda[row] = record.pacing.lambda;
    for (let i = 0; i < decided.actions.length; i++) {
      const logged = record.candidates[i];
      if (logged === undefined) continue;
      const at = this.#placeOf(logged.action);
      block.logged[base + at] = this.#propensity === "marginal" ? logged.p : logged.inArm;
    }
    block.propensity[row] = this.#propensity === "marginal" ? record.propensity : inArmOf(record);
    block.named.add(row, record.facts);
    block.named.add(row, record.context);
    return row;
  }

  /** What the policy expects, by its actions. */
  expect(row: number, { value, cost }: Scores): void {
    const block = this.#block;
    const assigned = block.assigned[row] as number;
    const base = row * ACTIONS_MAX;
    for (let i = 0; i < this.#policy.actions.length; i++) {
      block.upliftValue[base + i] = value[i] as number;
      block.upliftCost[base + i] = cost[i] as number;
    }
    // What is not scored is expected to change nothing: the estimators are unbiased whatever is expected.
    block.assignedValue[row] = finiteOrZero(value[assigned]);
    block.assignedCost[row] = finiteOrZero(cost[assigned]);
  }

  /** What happened after a decision of a block that was taken. */
  observe(block: RowBlock, row: number, { treatment, value, cost }: Observed): void {
    block.given[row] = treatment === null ? -1 : this.#placeOf(treatment);
    block.value[row] = value;
    block.cost[row] = cost;
  }

  /** What was added since the last block, without what happened after it. */
  take(): { readonly block: RowBlock; readonly told: readonly ToldRow[] } {
    const { named, policies, ...columns } = this.#block;
    const told = this.#told;
    const rows = told.length;
    const width = this.#actions.length;
    this.#told = [];
    const block = {
      rows,
      width,
      named: named.take(rows),
      policies: policies.map((policy) => firstRows(policy, rows)),
      id: columns.id.slice(0, rows),
      unit: columns.unit.slice(0, rows),
      timeMs: columns.timeMs.slice(0, rows),
      arm: columns.arm.slice(0, rows),
      assigned: columns.assigned.slice(0, rows),
      given: new Int8Array(rows).fill(-1),
      propensity: columns.propensity.slice(0, rows),
      logged: narrowed(columns.logged, rows, width),
      upliftValue: narrowed(columns.upliftValue, rows, width),
      upliftCost: narrowed(columns.upliftCost, rows, width),
      assignedValue: columns.assignedValue.slice(0, rows),
      assignedCost: columns.assignedCost.slice(0, rows),
      value: new Float64Array(rows),
      cost: new Float64Array(rows),
      lambda: columns.lambda.slice(0, rows),
    };
    emptied(this.#block);
    return { block, told };
  }

  #placeOf(action: string): number {
    const known = this.#actions.indexOf(action);
    if (known >= 0) return known;
    if (this.#actions.length === ACTIONS_MAX) {
      throw new LiftgateError("invalid_request", `the log has more than ${ACTIONS_MAX} actions of the program`);
    }
    return this.#actions.push(action) - 1;
  }
}

type Building = ReturnType<typeof building>;

function building(policies: number) {
  return {
    policies: Array.from({ length: policies }, () => policyColumns(BLOCK_ROWS)),
    id: new Float64Array(BLOCK_ROWS),
    unit: new Float64Array(BLOCK_ROWS),
    timeMs: new Float64Array(BLOCK_ROWS),
    arm: new Uint8Array(BLOCK_ROWS),
    assigned: new Uint8Array(BLOCK_ROWS),
    propensity: new Float64Array(BLOCK_ROWS),
    logged: new Float32Array(BLOCK_ROWS * ACTIONS_MAX),
    upliftValue: new Float32Array(BLOCK_ROWS * ACTIONS_MAX).fill(NaN),
    upliftCost: new Float32Array(BLOCK_ROWS * ACTIONS_MAX).fill(NaN),
    assignedValue: new Float64Array(BLOCK_ROWS),
    assignedCost: new Float64Array(BLOCK_ROWS),
    lambda: new Float64Array(BLOCK_ROWS),
    named: new NamedColumns(BLOCK_ROWS),
  };
}

/** The arrays of a block: a receiver may be given them, and lets them go. */
export function arraysOf(block: RowBlock): readonly ArrayBuffer[] {
  return [block, ...block.named, ...block.policies].flatMap((columns) =>
    Object.values(columns).flatMap((column: unknown) =>
      ArrayBuffer.isView(column) && column.buffer instanceof ArrayBuffer ? [column.buffer] : [],
    ),
  );
}

/** Gives its memory back at once; what is outside the heap the garbage collector is in no hurry to collect. */
export function release(block: RowBlock): void {
  for (const array of arraysOf(block)) array.transfer(0);
}

/** What not every row sets. */
function emptied({ logged, upliftValue, upliftCost }: Building): void {
  logged.fill(0);
  upliftValue.fill(NaN);
  upliftCost.fill(NaN);
}

function inArmOf({ candidates, action }: DecisionRecord): number {
  return candidates.find((candidate) => candidate.action === action)?.inArm ?? NaN;
}

/** The first actions of each row. */
function narrowed(wide: Float32Array, rows: number, actions: number): Float32Array {
  const narrow = new Float32Array(rows * actions);
  for (let row = 0; row < rows; row++) {
    narrow.set(wide.subarray(row * ACTIONS_MAX, row * ACTIONS_MAX + actions), row * actions);
  }
  return narrow;
}

function finiteOrZero(amount: number | undefined): number {
  return amount !== undefined && Number.isFinite(amount) ? amount : 0;
}
