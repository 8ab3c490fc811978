/**
 * Scores to money.
 *
 *   v_h = cal_{h,a}(mean_b raw_h^(b))          point estimate: the mean over bootstrap replicates
 *   V   = Σ_h weight_h · v_h                   σ_V = sd_b(Σ_h weight_h · cal_{h,a}(raw_h^(b)))
 *   c   = cal_{cost,a}(mean_b raw_cost^(b)) + fixedCost_a
 *
 * For a program that draws by `thompson` also V^(b) and c^(b), what one replicate alone says.
 *
 * All in double, replicates in order, so the same outputs give the same bits; the results to the micro.
 */
import type { Scores } from "../domain/decision.ts";
import type { Calibrator, ModelOutputs, RawScores } from "../domain/model.ts";
import { toMicros } from "../domain/money.ts";
import type { Action, Program } from "../domain/program.ts";
import { meanOf, type Moments, moments } from "../numerics/moments.ts";
import { calibrate } from "./calibrate.ts";

/**
 * Scores of every action of the program, `no_offer` first with zeros; NaN for an action the model
 * has no output for.
 */
export function scoresInMoney(program: Program, model: ModelOutputs, raw: RawScores): Scores {
  const value = [0];
  const valueStd = [0];
  const cost = [0];
  const replicates = program.exploration.strategy === "thompson" ? { value: [NONE], cost: [NONE] } : null;
  for (let i = 1; i < program.actions.length; i++) {
    const action = program.actions[i] as Action;
    const at = model.actions.indexOf(action.id);
    const outputs = { model, raw, at };
    const worth = at < 0 ? UNKNOWN : worthOf(program, outputs);
    const spend = at < 0 ? NaN : calibratedMean(program.objective.cost, outputs);
    value.push(moneyOrNaN(worth.mean));
    valueStd.push(moneyOrNaN(worth.std));
    cost.push(moneyOrNaN(spend + action.fixedCost));
    if (replicates === null) continue;
    const spends = at < 0 ? NONE : costReplicates(program, outputs);
    replicates.value.push(worth.replicates.map(moneyOrNaN));
    replicates.cost.push(spends.map((each) => moneyOrNaN(each + action.fixedCost)));
  }
  return { value, valueStd, cost, replicates };
}

/** V^(b) of every paid action by its id: what each replicate says by itself. Actions the model has no output for are left out. */
export function valueReplicates(
  program: Program,
  model: ModelOutputs,
  raw: RawScores,
): ReadonlyMap<string, readonly number[]> {
  const paid = program.actions.slice(1).filter(({ id }) => model.actions.includes(id));
  return new Map(
    paid.map(({ id }) => [id, worthOf(program, { model, raw, at: model.actions.indexOf(id) }).replicates]),
  );
}

/** The declared priors as scores; NaN for an action that declares none. */
export function scoresFromPriors(program: Program): Scores {
  const priced = program.actions.slice(1);
  return {
    value: [0, ...priced.map((action) => action.prior?.value ?? NaN)],
    valueStd: program.actions.map(() => 0),
    cost: [0, ...priced.map((action) => toMicros((action.prior?.cost ?? NaN) + action.fixedCost))],
    replicates: null,
  };
}

/** No scores at all: NaN for every paid action. */
export function noScores(program: Program): Scores {
  const nothing = program.actions.map((_, index) => (index === 0 ? 0 : NaN));
  return { value: nothing, valueStd: nothing, cost: nothing, replicates: null };
}

/** The outputs of one action in one row of a batch. */
interface ActionOutputs {
  readonly model: ModelOutputs;
  readonly raw: RawScores;
  /** The action's position in the model's actions. */
  readonly at: number;
}

/** V and σ_V, and V^(b) of every replicate. */
interface Worth extends Moments {
  readonly replicates: readonly number[];
}

function worthOf({ objective }: Program, outputs: ActionOutputs): Worth {
  const { replicates } = outputs.model;
  const worths = new Array<number>(replicates).fill(0);
  const first = firstReplicate(outputs);
  let mean = 0;
  for (const { head, weight } of objective.value) {
    mean += weight * calibratedMean(head, outputs);
    const calibrator = calibratorOf(head, outputs);
    const flat = outputs.raw.heads[head] ?? NOTHING;
    for (let b = 0; b < replicates; b++) {
      worths[b] = (worths[b] as number) + weight * calibrate(calibrator, flat[first + b] ?? NaN);
    }
  }
  return { mean, std: moments(worths).std, replicates: worths };
}

/** c^(b) of every replicate, without the fixed cost. */
function costReplicates({ objective }: Program, outputs: ActionOutputs): readonly number[] {
  const flat = outputs.raw.heads[objective.cost] ?? NOTHING;
  const first = firstReplicate(outputs);
  const calibrator = calibratorOf(objective.cost, outputs);
  return Array.from({ length: outputs.model.replicates }, (_, b) => calibrate(calibrator, flat[first + b] ?? NaN));
}

function calibratedMean(head: string, outputs: ActionOutputs): number {
  const flat = outputs.raw.heads[head] ?? NOTHING;
  return calibrate(calibratorOf(head, outputs), meanOf(flat, firstReplicate(outputs), outputs.model.replicates));
}

/** Outputs are float32 [rows, actions, replicates], flat: where the action's replicates begin. */
function firstReplicate({ model, raw, at }: ActionOutputs): number {
  return (raw.row * model.actions.length + at) * model.replicates;
}

function calibratorOf(head: string, { model, at }: ActionOutputs): Calibrator {
  return model.calibration[head]?.[at] ?? IDENTITY;
}

/** To the micro. An infinite score is no score: the log could not hold it, and replay would see another. */
function moneyOrNaN(amount: number): number {
  const money = toMicros(amount);
  return Number.isFinite(money) ? money : NaN;
}

const NOTHING = new Float32Array(0);
const NONE: readonly number[] = [];
const UNKNOWN: Worth = { mean: NaN, std: NaN, replicates: NONE };
const IDENTITY: Calibrator = { kind: "identity" };
