/** When what happens, fixed before the first result: months of serving, with a training and a week of shadow before each promotion. */
import { END_MS } from "./arrivals.ts";
import { DRIFT_MS, ORDER_DAYS_MAX, START_MS } from "./world.ts";

const DAY_MS = 86_400_000;

export interface Stage {
  /** Of the model, and of the program that is promoted with it. */
  readonly version: number;
  readonly trainedAtMs: number;
  /** Effects are learned from decisions of this span: all that can have come of them has. */
  readonly data: { readonly fromMs: number; readonly untilMs: number };
  /** How much is explored: see program.ts. */
  readonly phase: "learning" | "settled";
  /** From the training until then it is a shadow; then it is promoted. */
  readonly promotedAtMs: number;
}

const LAST_VERSION = 4;

/** First the randomized start is learned from; then twice what was logged since the drift, the second time all of it. */
export const STAGES: readonly Stage[] = [
  stage(2, START_MS, Date.UTC(2026, 0, 26), Date.UTC(2026, 1, 1)),
  stage(3, DRIFT_MS, Date.UTC(2026, 2, 26), Date.UTC(2026, 3, 1)),
  stage(4, DRIFT_MS, Date.UTC(2026, 3, 25), Date.UTC(2026, 4, 1)),
];

/** From then on the policy of the second retraining serves. */
export const RETRAINED_TWICE_MS = STAGES.at(-1)?.promotedAtMs ?? END_MS;

function stage(...[version, fromMs, trainedAtMs, promotedAtMs]: readonly [number, number, number, number]): Stage {
  return {
    version,
    trainedAtMs,
    data: { fromMs, untilMs: trainedAtMs - (ORDER_DAYS_MAX + 1) * DAY_MS },
    promotedAtMs,
    phase: version === LAST_VERSION ? "settled" : "learning",
  };
}
