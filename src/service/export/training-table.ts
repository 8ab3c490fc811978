/**
 * Decisions as rows to fit uplift models on: features by name as they were known, what was drawn, what happened.
 *
 * Labels are unbiased by design in the evaluation arm, where the draw heeds no model: `evaluation` keeps its rows
 * alone, with the probability inside the arm. `all` keeps every arm, with the probability over the arms: unbiased
 * once weighed by 1/propensity.
 */
import type { DecisionRecord } from "../../core/domain/record.ts";
import { column, type FixedColumn, type Format, valuesOf } from "./format.ts";
import { NamedValues } from "./named-values.ts";

export const TRAINING_ARMS = ["evaluation", "all"] as const;
export type TrainingArms = (typeof TRAINING_ARMS)[number];

/** What is always there; a column `feature_<name>` for each feature and `outcome_<id>` for each head follow. */
export function trainingColumns(arms: TrainingArms): readonly FixedColumn[] {
  return [
    column("decisionId", "UUID", ["the decision", ({ record }) => record.decisionId]),
    column("time", "TIMESTAMP", ["when it was made, UTC", ({ record }) => record.time]),
    column("unit", "VARCHAR", ["what was randomized: resample and split by it", ({ record }) => record.unit]),
    column("arm", "VARCHAR", ["the unit's arm", ({ record }) => record.arm]),
    column("action", "VARCHAR", ["the action that was drawn: the assigned treatment", ({ record }) => record.action]),
    column("propensity", "DOUBLE", [
      "its probability, given that the row is here",
      ({ record }) => drawn(record, arms),
    ]),
    column("weight", "DOUBLE", ["1/propensity", ({ record }) => 1 / drawn(record, arms)]),
    column("treatment", "VARCHAR", ["what the user really got; empty: not known", (row) => row.observed.treatment]),
    column("value", "DOUBLE", ["money + heads, weighed as the program does", ({ observed }) => observed.value]),
    column("cost", "DOUBLE", ["redemptionCost and what is owed for what was given", ({ observed }) => observed.cost]),
    column("redemptionCost", "DOUBLE", ["label of the cost head", ({ observed }) => observed.redemptionCost]),
    column("reward", "DOUBLE", ["what `--reward` says", ({ reward }) => reward]),
  ];
}

export function trainingTable(arms: TrainingArms): Format {
  const fixed = trainingColumns(arms);
  const features = new NamedValues("features", "feature_");
  const outcomes = new NamedValues("outcomes", "outcome_");
  return {
    lineOf: (joined) => {
      const { record, program, observed } = joined;
      // A head that nothing was observed of is an outcome of 0, not one that is not known.
      const valued = Object.fromEntries(program.objective.value.map(({ head }) => [head, 0]));
      const labels = { ...valued, ...observed.heads };
      features.see(record.facts);
      outcomes.see(labels);
      return JSON.stringify({ ...valuesOf(fixed, joined), features: record.facts, outcomes: labels });
    },
    tables: () => ({
      table: { path: "", columns: [...fixed, ...features.columns(), ...outcomes.columns()] },
      texts: [],
    }),
  };
}

/** The probability of what was drawn, among the rows that are kept. */
function drawn({ candidates, action, propensity }: DecisionRecord, arms: TrainingArms): number {
  if (arms === "all") return propensity;
  return candidates.find((candidate) => candidate.action === action)?.inArm ?? NaN;
}
