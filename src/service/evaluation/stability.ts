/** Whether a model's replicates agree on who gains most, on decisions that it scored again. */
import type { UpliftResult } from "../../core/evaluation/evaluation.ts";
import { rankStability } from "../../core/evaluation/uplift/rank-stability.ts";

/** What each replicate of a model says of one decision. */
export interface ScoredAgain {
  /** `name@version` */
  readonly model: string;
  /** V^(b) of each paid action by its id. */
  readonly values: ReadonlyMap<string, readonly number[]>;
}

/** Fewer say nothing of a ranking. */
const ROWS_MIN = 100;

/** Of the model that scored most of them; none where too few were scored again. */
export function withStability(
  uplift: readonly UpliftResult[],
  parts: readonly { readonly scoredAgain: readonly ScoredAgain[] }[],
): readonly UpliftResult[] {
  const scored = parts.flatMap(({ scoredAgain }) => scoredAgain);
  const byModel = Map.groupBy(scored, ({ model }) => model);
  const most = [...byModel.values()].reduce((a, b) => (b.length > a.length ? b : a), []);
  return uplift.map((result) => ({ ...result, rankStability: stabilityOf(most, result.action) }));
}

function stabilityOf(scored: readonly ScoredAgain[], action: string): number | null {
  const rows = scored.flatMap(({ values }) => {
    const replicates = values.get(action);
    return replicates?.every((value) => Number.isFinite(value)) === true ? [replicates] : [];
  });
  if (rows.length < ROWS_MIN) return null;
  const [first = []] = rows;
  return rankStability(first.map((_, b) => Float64Array.from(rows, (row) => row[b] ?? NaN)));
}
