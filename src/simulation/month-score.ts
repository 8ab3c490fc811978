/** Months of one cost ratio and way to reserve over several seeds, as figures. */
import { createDelayedWorld, type DelayedSize } from "./delayed-world.ts";
import { type Month, playMonth, type Reserve, RESERVES } from "./play-month.ts";

/** True cost over predicted cost: the cost head is right, or 30 % off either way. */
export const COST_RATIOS = [0.7, 1, 1.3];

export interface PlayedMonth extends Month {
  readonly costRatio: number;
  readonly reserve: Reserve;
  readonly budgetMicros: number;
}

export interface MonthScore {
  readonly costRatio: number;
  readonly reserve: Reserve;
  /** Realized within the month over the budget. */
  readonly realized: { readonly mean: number; readonly least: number; readonly most: number };
  /** The most that was settled and held together at any time, in face values, over the budget. */
  readonly held: number;
}

export function playMonths(size: DelayedSize): readonly PlayedMonth[] {
  const world = createDelayedWorld(size);
  const { budgetMicros } = world;
  return RESERVES.map((reserve) => ({
    ...playMonth(world, reserve),
    costRatio: size.costRatio,
    reserve,
    budgetMicros,
  }));
}

/** One score for each cost ratio and way to reserve. */
export function monthScores(months: readonly PlayedMonth[]): readonly MonthScore[] {
  return COST_RATIOS.flatMap((costRatio) =>
    RESERVES.flatMap((reserve) => {
      const alike = months.filter((month) => month.costRatio === costRatio && month.reserve === reserve);
      return alike.length === 0 ? [] : [scoreOf(alike, costRatio, reserve)];
    }),
  );
}

function scoreOf(months: readonly PlayedMonth[], costRatio: number, reserve: Reserve): MonthScore {
  const realized = months.map(({ realizedMicros, budgetMicros }) => realizedMicros / budgetMicros);
  return {
    costRatio,
    reserve,
    realized: {
      mean: realized.reduce((sum, each) => sum + each, 0) / realized.length,
      least: Math.min(...realized),
      most: Math.max(...realized),
    },
    held: Math.max(...months.map(({ heldMicrosMax, budgetMicros }) => heldMicrosMax / budgetMicros)),
  };
}
