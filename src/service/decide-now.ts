/**
 * The moment of decision. From looking at the budget to taking the money out of it nothing gives way to another
 * request, so what the decision found available is still there when it is taken: no fallback after the draw.
 */
import { decide } from "../core/decision/decide.ts";
import type { Decision, Exclusion, Situation } from "../core/domain/decision.ts";
import { type Moment, type OfferTerms, type Hold } from "./funds.ts";
import type { Prepared } from "./gather.ts";

export interface Decided {
  readonly situation: Situation;
  readonly decision: Decision;
  readonly hold: Hold;
}

export function decideNow(prepared: Prepared, moment: Moment, about: OfferTerms): Decided {
  const situation = situationAt(prepared, moment);
  const decision = decide(situation);
  return { situation, decision, hold: moment.hold(situation, decision, about) };
}

/** The situation as it is at this moment. */
export function situationAt(prepared: Prepared, moment: Moment): Situation {
  const { pacing, availableMicros, explorationMicros, usedUp } = moment;
  return { ...prepared, closed: eitherOf(prepared.closed, usedUp), pacing, availableMicros, explorationMicros };
}

/** Per action the reason of the first that has one. */
function eitherOf(first: Situation["closed"], second: Situation["closed"]): readonly (Exclusion | null)[] | null {
  if (first === null || second === null) return first ?? second;
  return first.map((reason, i) => reason ?? second[i] ?? null);
}
