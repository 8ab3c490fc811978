/** A logged decision with what happened after it: what every export is made of. */
import { toMicros } from "../../core/domain/money.ts";
import type { Program } from "../../core/domain/program.ts";
import type { DecisionRecord } from "../../core/domain/record.ts";
import type { Observed } from "../../core/evaluation/join.ts";

export interface JoinedDecision {
  readonly record: DecisionRecord;
  /** The one it was decided under. */
  readonly program: Program;
  readonly observed: Observed;
  /** What the decision was good for, as the reward that was asked for says. */
  readonly reward: number;
}

/** `objective`: as the program maximizes; `profit`: value − cost; `value`: value. */
export const REWARDS = ["objective", "profit", "value"] as const;
export type Reward = (typeof REWARDS)[number];

/** value − w · cost, w = 0 or 1, to the micro. */
export function rewardOf({ objective }: Program, { value, cost }: Observed, reward: Reward): number {
  const costWeight = reward === "objective" ? objective.costWeight : REWARD_COST_WEIGHTS[reward];
  return toMicros(value - costWeight * cost);
}

const REWARD_COST_WEIGHTS = { profit: 1, value: 0 } as const;
