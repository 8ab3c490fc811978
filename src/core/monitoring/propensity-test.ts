/**
 * Whether actions come as often as their logged propensities say: a sample-ratio test in which every row has
 * probabilities of its own, valid at every look.
 *
 *   E ← E·q(a)/p(a)     a the action of the row, p what was logged
 *   q(a) ∝ p(a)·(observed_a + 200)/(expected_a + 200)     observed: so many rows before had a; expected: Σ p(a) of them
 *
 * While p is true, E is a non-negative martingale that begins at 1, so P(it ever reaches 1/α) ≤ α (Ville's inequality)
 * however often it is looked at: betting on a multiple of the logged probability that is learned from the rows before
 * (Waudby-Smith & Ramdas, JRSSB 2024, arXiv:2010.09686; the multinomial case is Lindon & Malek, arXiv:2011.03567). The
 * 200 rows that count as seen keep early bets small.
 *
 * A row must be one draw from its p, whatever the rows before were. The marginal propensity of a decision
 * (`candidates[].p`) is that for the first decision of each unit: the unit's arm is drawn once, for good. Of any
 * number of decisions of one unit use the probabilities inside its arm (`candidates[].inArm`).
 */
import { invariant } from "../errors.ts";

const ROWS_OF_DOUBT = 200;

export class PropensityTest {
  readonly #observed: Float64Array;
  readonly #expected: Float64Array;
  #logEvidence = 0;
  #logEvidenceMax = 0;

  /** @param actions how many each row has, in one order */
  constructor(actions: number) {
    this.#observed = new Float64Array(actions);
    this.#expected = new Float64Array(actions);
  }

  /** ln E: evidence against the propensities; −∞ and ∞ included. */
  get logEvidence(): number {
    return this.#logEvidence;
  }

  /** 1/E where E was largest, at most 1: below α at any time, the propensities are not what was drawn from, at level α. */
  get pValue(): number {
    return Math.exp(-this.#logEvidenceMax);
  }

  /**
   * One row.
   *
   * @param p the logged probability of every action, of sum 1; 0 where it could not be drawn
   * @param action index of the one that came
   */
  observe(p: ArrayLike<number>, action: number): void {
    invariant(p.length === this.#observed.length, `a row has ${this.#observed.length} actions, got ${p.length}`);
    const drawn = p[action];
    invariant(drawn !== undefined, `the action is one of the row's, got ${action}`);
    let total = 0;
    for (let i = 0; i < p.length; i++) total += (p[i] as number) * this.#bet(i);
    // An action that could not come is evidence enough.
    this.#logEvidence += drawn > 0 ? Math.log(this.#bet(action) / total) : Infinity;
    this.#logEvidenceMax = Math.max(this.#logEvidenceMax, this.#logEvidence);
    for (let i = 0; i < p.length; i++) this.#expected[i] = (this.#expected[i] as number) + (p[i] as number);
    this.#observed[action] = (this.#observed[action] as number) + 1;
  }

  /** How many times as often as logged the action came, drawn towards 1. */
  #bet(action: number): number {
    const observed = this.#observed[action] as number;
    return (observed + ROWS_OF_DOUBT) / ((this.#expected[action] as number) + ROWS_OF_DOUBT);
  }
}
