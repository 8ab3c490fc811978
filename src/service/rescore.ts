/** Scoring a logged decision again: the recorded model on the recorded features. */
import { replayScores } from "../core/decision/replay.ts";
import { scoresInMoney } from "../core/decision/score.ts";
import type { Exclusion } from "../core/domain/decision.ts";
import type { Program } from "../core/domain/program.ts";
import type { DecisionRecord } from "../core/domain/record.ts";
import type { ModelSource, UpliftModel } from "../core/ports.ts";

/** Why there may be no scores although a model was routed to. */
const UNSCORED: ReadonlySet<Exclusion | null> = new Set(["unavailable", "cold_start"]);

export class Rescorer {
  readonly #models: Pick<ModelSource, "open">;
  /** By digest: the model, or why it cannot be had. */
  readonly #opened = new Map<string, Promise<UpliftModel | string>>();

  constructor(models: Pick<ModelSource, "open">) {
    this.#models = models;
  }

  /**
   * The fields in which the scores differ; a text where the model cannot be had; null for a decision that no model
   * scored. Records that are scored at one time share runs. Throws `model_failed`.
   */
  async differences(record: DecisionRecord, program: Program): Promise<readonly string[] | string | null> {
    const { model: reference, features, basis, withheld } = record;
    if (reference === null || features === null || basis !== "model" || UNSCORED.has(withheld)) return null;
    const opened = this.#opened.get(reference.digest) ?? this.#open(reference);
    this.#opened.set(reference.digest, opened);
    const model = await opened;
    if (typeof model === "string") return model;
    const { values, contract } = features;
    if (contract !== model.contract.digest) return `the features are not of the contract of ${nameOf(model)}`;
    const raw = await model.score(Float32Array.from(values, (value) => value ?? NaN));
    return replayScores(record, scoresInMoney(program, model.outputs, raw));
  }

  async close(): Promise<void> {
    for (const opened of this.#opened.values()) {
      const model = await opened;
      if (typeof model !== "string") await model.release();
    }
  }

  async #open({ name, version, digest }: NonNullable<DecisionRecord["model"]>): Promise<UpliftModel | string> {
    const opened = await this.#models.open(`${name}/${version}`);
    if (!opened.ok) return opened.faults.map(({ path, rule }) => `${name}/${version} ${path}: ${rule}`).join("; ");
    if (opened.value.digest === digest) return opened.value;
    await opened.value.release();
    return `${name}/${version} on disk is not the model that scored: its digest is another`;
  }
}

function nameOf({ name, version }: UpliftModel): string {
  return `${name}/${version}`;
}
