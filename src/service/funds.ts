/** What decisions ask of money: prices, what may be spent at this moment, and holding it. */
import type { Decision, Exclusion, Pacing, Situation, Status } from "../core/domain/decision.ts";
import type { Program } from "../core/domain/program.ts";
import type { RecordedReservation } from "../core/domain/record.ts";

export interface Funds {
  /** What is so for the program now. Valid until the caller gives way to the event loop. */
  at(program: Program): Moment;
}

/** Prices and limits at one moment, on the thread that decides. */
export interface Moment extends Pick<Situation, "pacing" | "availableMicros" | "explorationMicros"> {
  /** Per action: why its volume is used up, or null; null: none is. */
  readonly usedUp: readonly (Exclusion | null)[] | null;
  /** `degraded_budget`: what may be spent is not known, so nothing is. */
  readonly status: Extract<Status, "normal" | "degraded_budget">;
  /**
   * Takes what the decision may cost out of the budget, and learns from it. On the same turn of the event loop
   * as `at`, so that what the decision found available is still there.
   */
  hold(situation: Situation, decision: Decision, about: OfferTerms): Hold;
}

export interface OfferTerms {
  readonly decisionId: string;
  /** The offer may not be honoured from then on. */
  readonly expiresAtMs: number;
}

/** Money taken for one decision. Exactly one of `keep` and `release` is called, once. */
export interface Hold {
  readonly reservation: RecordedReservation | null;
  /** The decision is in the log: the money is held until its outcome. */
  keep(): void;
  /** The decision was not made, or its offer not given: the money is there again. */
  release(): void;
}

/**
 * What the program's decisions ask of money. Nobody pays for what nobody gets: in `log-only` money has no price and no
 * limit, and a shadow decides at the prices of its pool, from which it takes nothing and which learn nothing of it.
 */
export function momentOf(funds: Funds, program: Program): Moment {
  switch (program.state) {
    case "live":
    case "paused":
      return funds.at(program);
    case "log-only":
      return WITHOUT_BUDGET;
    case "shadow":
      return { ...WITHOUT_BUDGET, pacing: funds.at(program).pacing };
    default:
      return program.state satisfies never;
  }
}

/** The prices of a program without a budget: every survivor is worth its own cost. */
const UNPACED: Pacing = { epoch: 0, lambda: 0, mu: {}, rho: null, inPeriod: null };

const NOTHING_HELD: Hold = { reservation: null, keep: () => undefined, release: () => undefined };

/** Without a budget nothing is limited, and nothing is held. */
export const WITHOUT_BUDGET: Moment = {
  pacing: UNPACED,
  availableMicros: null,
  explorationMicros: null,
  usedUp: null,
  status: "normal",
  hold: () => NOTHING_HELD,
};
