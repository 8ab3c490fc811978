import type { Calibrator } from "../domain/model.ts";
import { piecewiseLinear } from "../numerics/piecewise-linear.ts";

/**
 * A raw model output as a value: identity, intercept + slope·x, or the fitted steps of an isotonic
 * regression. Monotone in x; NaN in, NaN out.
 */
export function calibrate(calibrator: Calibrator, x: number): number {
  switch (calibrator.kind) {
    case "identity":
      return x;
    case "linear":
      return calibrator.intercept + calibrator.slope * x;
    case "isotonic":
      return piecewiseLinear(calibrator.x, calibrator.y, x);
    default:
      return calibrator satisfies never;
  }
}
