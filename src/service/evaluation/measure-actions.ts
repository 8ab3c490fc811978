/** Each paid action's model against what was observed: side by side, as they take as long as all the rest. */
import type { ResamplingTerms } from "../../core/evaluation/clusters.ts";
import type { Measured } from "../../core/evaluation/evaluate.ts";
import type { Sample } from "../../core/evaluation/sample.ts";
import { type ChosenRows, comparableRows } from "../../core/evaluation/uplift/comparable-rows.ts";
import type { MeasuredAction } from "../../core/evaluation/uplift/measure-action.ts";

/** `measureAction`, several at one time. */
export interface ActionMeasurer {
  measure(rows: ChosenRows, terms: ResamplingTerms): Promise<MeasuredAction>;
}

/** Actions with too few comparable rows are left out. @param floor a smaller logged probability supports nothing */
export async function measureActions(
  measurer: ActionMeasurer,
  sample: Sample,
  { floor, ...terms }: ResamplingTerms & { readonly floor: number },
): Promise<Measured> {
  const comparable = sample.actions.flatMap((action, at) => {
    const rows = at === 0 ? null : comparableRows(sample, at, floor);
    return rows === null ? [] : [{ action, rows }];
  });
  const measured = await Promise.all(
    comparable.map(async ({ action, rows }) => ({ action, ...(await measurer.measure(rows, terms)) })),
  );
  return {
    calibration: measured.flatMap(({ action, calibration }) => calibration.map((result) => ({ ...result, action }))),
    uplift: measured.map(({ action, uplift }) => ({ action, ...uplift })),
  };
}
