/** Whoever started an evaluation, as the service does, is told how far it is and how it ended. */
import type { EvaluationTold } from "../../contract/evaluations.ts";

export type Starter = (told: EvaluationTold) => void;

/** Nobody but the terminal. */
export const UNSTARTED: Starter = () => undefined;

/** To be called for every step of so many; tells the starter once for every hundredth, however many there are. */
export function progressOf(starter: Starter): (steps: number) => void {
  let done = 0;
  let told = 0;
  return (steps) => {
    done += 1;
    const percent = Math.floor((100 * Math.min(done, steps)) / steps);
    if (percent === told) return;
    told = percent;
    starter({ kind: "read", share: percent / 100 });
  };
}
