/** Whoever started an evaluation over a channel, as the service does, is told how far it is and how it ended. */
import type { EvaluationTold } from "../../contract/evaluations.ts";
import { LiftgateError } from "../../core/errors.ts";

/** Without whoever waits for it there is nothing to evaluate for: the process ends with them. */
export function endWithStarter(): void {
  if (process.channel === undefined) return;
  process.once("disconnect", () => process.exit(1));
  process.channel?.unref();
}

export function tellStarter(told: EvaluationTold): void {
  process.send?.(told);
}

/** Of an error: our own words only. */
export function tellFailure(error: unknown): void {
  if (!(error instanceof LiftgateError)) return;
  tellStarter({ kind: "failed", code: error.code, detail: error.message });
}

/** Told once for every hundredth, however many parts a log has. */
export function progressTeller(): (steps: number) => void {
  let done = 0;
  let told = 0;
  return (steps) => {
    done += 1;
    const percent = Math.floor((100 * Math.min(done, steps)) / steps);
    if (percent === told) return;
    told = percent;
    tellStarter({ kind: "read", share: percent / 100 });
  };
}
