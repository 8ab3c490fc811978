/** A program as a policy over situations that were logged under other programs. */
import type { Exclusion, Scores, Situation } from "../../core/domain/decision.ts";
import type { Program } from "../../core/domain/program.ts";
import type { DecisionRecord } from "../../core/domain/record.ts";
import { noScores, scoresFromPriors, scoresInMoney, valueReplicates } from "../../core/decision/score.ts";
import { invariant } from "../../core/errors.ts";
import { completeRow, encodeRow } from "../../core/features/encode.ts";
import type { UpliftModel } from "../../core/ports.ts";
import type { ScoredAgain } from "./stability.ts";

/** The models that programs route to, by `name@version`. */
export type RoutedTo = ReadonlyMap<string, UpliftModel>;

/** Kept of a part of the log: the correlation of two rankings is known to 1/√n. */
const SCORED_AGAIN_MAX = 512;

export class PolicyProgram {
  readonly program: Program;
  readonly #models: RoutedTo;
  /** By the program that decided. */
  readonly #places = new Map<Program, readonly number[]>();
  readonly #alike = new Map<Program, boolean>();
  #scoredAgain: ScoredAgain[] = [];

  constructor(program: Program, models: RoutedTo) {
    this.program = program;
    this.#models = models;
  }

  /** Of the first decisions that a model scored again since the last time: what its replicates say. */
  takeScoredAgain(): readonly ScoredAgain[] {
    const taken = this.#scoredAgain;
    this.#scoredAgain = [];
    return taken;
  }

  /** Of each of the policy's actions the place among those of the program that decided; −1: it had none. */
  placesIn(decided: Program): readonly number[] {
    const known = this.#places.get(decided);
    if (known !== undefined) return known;
    const ids = decided.actions.map(({ id }) => id);
    const places = this.program.actions.map(({ id }) => ids.indexOf(id));
    this.#places.set(decided, places);
    return places;
  }

  /**
   * What the policy expects of its actions. Scores of the record where the policy would compute the very same; else
   * its model is run again. What was decided without a model stays so. Throws `model_failed`.
   */
  scores(record: DecisionRecord, decided: Program): Scores | Promise<Scores> {
    if (record.basis === "prior") return scoresFromPriors(this.program);
    if (record.basis === "explore" || record.model === null) return noScores(this.program);
    const model = this.#modelFor(record);
    if (model.digest === record.model.digest && this.#valuesAlike(decided)) return this.#recorded(record, decided);
    return this.#score(record, model);
  }

  /** The logged situation as the policy would have met it; λ null: the price it was decided at. */
  situation(
    record: DecisionRecord,
    { decided, scores, lambda }: { readonly decided: Program; readonly scores: Scores; readonly lambda: number | null },
  ): Situation {
    const { program } = this;
    const places = this.placesIn(decided);
    const { pacing, closed } = record;
    const inPeriod = pacing.inPeriod;
    return {
      program,
      mode: "live",
      facts: { features: record.facts, context: record.context },
      requested: record.requested,
      withheld: record.withheld,
      closed: closed === null ? null : places.map((at): Exclusion | null => closed[at] ?? null),
      availableMicros: record.availableMicros,
      explorationMicros: program.exploration.budgetShare === undefined ? null : record.explorationMicros,
      basis: record.basis,
      scores,
      pacing: {
        epoch: pacing.epoch,
        lambda: lambda ?? pacing.lambda,
        mu: pacing.mu,
        rho: pacing.rho,
        inPeriod: inPeriod === null ? null : places.map((at) => inPeriod[at] ?? 1),
      },
      draws: { arm: record.arm, action: record.u },
    };
  }

  #modelFor({ facts, context }: DecisionRecord): UpliftModel {
    const { routes } = this.program;
    const route = routes.find(({ when }) => when === null || when({ features: facts, context })) ?? routes.at(-1);
    const model = route === undefined ? undefined : this.#models.get(`${route.model.name}@${route.model.version}`);
    invariant(model !== undefined, "expected a program whose models are open");
    return model;
  }

  /** Whether the same model gives the same V and c under both programs. */
  #valuesAlike(decided: Program): boolean {
    const known = this.#alike.get(decided);
    if (known !== undefined) return known;
    const { program } = this;
    const places = this.placesIn(decided);
    const alike =
      program.exploration.strategy !== "thompson" &&
      JSON.stringify(valuing(program)) === JSON.stringify(valuing(decided)) &&
      program.actions.every(({ fixedCost }, i) => decided.actions[places[i] ?? -1]?.fixedCost === fixedCost);
    this.#alike.set(decided, alike);
    return alike;
  }

  #recorded({ candidates }: DecisionRecord, decided: Program): Scores {
    const places = this.placesIn(decided);
    const value = new Array<number>(places.length).fill(NaN);
    const valueStd = value.slice();
    const cost = value.slice();
    for (let i = 0; i < places.length; i++) {
      const logged = candidates[places[i] as number];
      value[i] = logged?.value ?? NaN;
      valueStd[i] = logged?.valueStd ?? NaN;
      cost[i] = logged?.cost ?? NaN;
    }
    return { value, valueStd, cost, replicates: null };
  }

  async #score(record: DecisionRecord, model: UpliftModel): Promise<Scores> {
    const row = rowFor(record, model);
    if (row === null) return noScores(this.program);
    const raw = await model.score(row);
    if (this.#scoredAgain.length < SCORED_AGAIN_MAX) {
      const values = valueReplicates(this.program, model.outputs, raw);
      this.#scoredAgain.push({ model: `${model.name}@${model.version}`, values });
    }
    return scoresInMoney(this.program, model.outputs, raw);
  }
}

/** What V and c are made of, beside the model and the actions' fixed costs. */
function valuing({ objective }: Program) {
  return { value: objective.value, cost: objective.cost };
}

/** The row the model reads; null where it lacks what the model cannot do without. */
function rowFor({ features, facts, context }: DecisionRecord, { contract }: UpliftModel): Float32Array | null {
  if (features !== null && features.contract === contract.digest) {
    return Float32Array.from(features.values, (value) => value ?? NaN);
  }
  const names = new Set(contract.features.map(({ name }) => name));
  const given = Object.entries({ ...context, ...facts }).filter(([name]) => names.has(name));
  const encoded = encodeRow(contract, Object.fromEntries(given));
  const { values, required } = completeRow(contract, encoded.values);
  return required.length > 0 ? null : values;
}
