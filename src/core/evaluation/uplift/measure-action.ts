/** What can be said of a model by the rows of one action and of `no_offer`: how right it is, and how well it ranks. */
import type { ResamplingTerms } from "../clusters.ts";
import type { Calibration, UpliftResult } from "../evaluation.ts";
import type { ChosenRows } from "./comparable-rows.ts";
import { measureCalibration } from "./measure-calibration.ts";
import { measureUplift } from "./measure-uplift.ts";

export interface MeasuredAction {
  readonly calibration: readonly Omit<Calibration, "action">[];
  readonly uplift: Omit<UpliftResult, "action">;
}

/** @param rows whose weights are right as they are */
export function measureAction(rows: ChosenRows, terms: ResamplingTerms): MeasuredAction {
  return { calibration: measureCalibration(rows, terms), uplift: measureUplift(rows, terms) };
}
