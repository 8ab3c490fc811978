/** Whoever started an evaluation, as the service does, is told how far it is and how it ended. */
import type { EvaluationTold } from "../../contract/evaluations.ts";

export type Starter = (told: EvaluationTold) => void;

/** Nobody but the terminal. */
export const UNSTARTED: Starter = () => undefined;
