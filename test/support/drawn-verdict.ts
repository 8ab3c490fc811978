/** What decisions drawn in a known world say of the propensities they were logged with. */
import { PropensityTest } from "../../src/core/monitoring/propensity-test.ts";
import { type Drawing, type Drawn, drawDecisions } from "./drawn-world.ts";

/** A target policy, judged by inverse propensity weights on decisions of another. */
export interface Judged {
  /** What the weights say it earns per decision, and what it does. */
  readonly estimate: number;
  readonly truth: number;
  /** Estimate minus truth, and mean weight minus 1, in standard errors. */
  readonly errorZ: number;
  readonly meanWeight: number;
  readonly weightZ: number;
}

export interface Verdict {
  readonly uniform: Judged;
  readonly greedy: Judged;
  /** How the given actions' counts differ from the sums of their propensities: χ² of one degree less than actions. */
  readonly chiSquare: number;
  /** Of the e-process on the same, at its strongest. */
  readonly pValue: number;
  /** Shares of the decisions. */
  readonly shares: Readonly<Record<"paid" | "explorationSpent" | "budgetExhausted" | "limitReached", number>>;
}

/** @param told after every decision, how many there were */
export function verdictOn(drawing: Drawing, told: (decisions: number) => void = () => undefined): Verdict {
  const uniform = new Weighing();
  const greedy = new Weighing();
  const counts = new Counts(4);
  const test = new PropensityTest(4);
  const shares = { paid: 0, explorationSpent: 0, budgetExhausted: 0, limitReached: 0 };
  let decisions = 0;
  for (const drawn of drawDecisions(drawing)) {
    const { excluded, best, exploring, marginal } = drawn.decision;
    const feasible = excluded.filter((reason) => reason === null).length;
    uniform.add(
      drawn,
      excluded.map((reason) => (reason === null ? 1 / feasible : 0)),
    );
    greedy.add(
      drawn,
      excluded.map((_, i) => (i === best ? 1 : 0)),
    );
    counts.add(marginal, drawn.action);
    test.observe(marginal, drawn.action);
    shares.paid += Number(drawn.action > 0);
    shares.explorationSpent += Number(exploring === "spent");
    shares.budgetExhausted += Number(excluded.includes("budget_exhausted"));
    shares.limitReached += Number(excluded.includes("action_limit"));
    told(++decisions);
  }
  return {
    uniform: uniform.judged(),
    greedy: greedy.judged(),
    chiSquare: counts.chiSquare(),
    pValue: test.pValue,
    shares: {
      paid: shares.paid / decisions,
      explorationSpent: shares.explorationSpent / decisions,
      budgetExhausted: shares.budgetExhausted / decisions,
      limitReached: shares.limitReached / decisions,
    },
  };
}

/**
 * Inverse propensity scoring (Horvitz & Thompson 1952). What is known before a draw depends on the draws before it, so
 * differences are those of a martingale, and their variance is the sum of their squares.
 */
class Weighing {
  #rows = 0;
  #estimate = 0;
  #truth = 0;
  #errorSquares = 0;
  #weight = 0;
  #weightSquares = 0;

  add({ action, propensity, reward, truth }: Drawn, target: readonly number[]): void {
    const weight = (target[action] as number) / propensity;
    const expected = truth.reduce((sum, worth, i) => sum + worth * (target[i] as number), 0);
    this.#rows += 1;
    this.#estimate += weight * reward;
    this.#truth += expected;
    this.#errorSquares += (weight * reward - expected) ** 2;
    this.#weight += weight;
    this.#weightSquares += (weight - 1) ** 2;
  }

  judged(): Judged {
    return {
      estimate: this.#estimate / this.#rows,
      truth: this.#truth / this.#rows,
      errorZ: (this.#estimate - this.#truth) / Math.sqrt(this.#errorSquares),
      meanWeight: this.#weight / this.#rows,
      weightZ: (this.#weight - this.#rows) / Math.sqrt(this.#weightSquares),
    };
  }
}

/**
 * Pearson's statistic where every row has probabilities of its own: dᵀΣ⁻¹d with d = observed − Σp over all actions but
 * the last, and Σ the sum of the rows' covariances diag(p) − ppᵀ.
 */
class Counts {
  readonly #difference: number[];
  readonly #covariance: number[][];

  constructor(actions: number) {
    this.#difference = new Array<number>(actions - 1).fill(0);
    this.#covariance = this.#difference.map(() => new Array<number>(actions - 1).fill(0));
  }

  add(p: readonly number[], action: number): void {
    this.#covariance.forEach((row, i) => {
      this.#difference[i] = (this.#difference[i] as number) + Number(i === action) - (p[i] as number);
      row.forEach((sum, j) => {
        row[j] = sum + (i === j ? (p[i] as number) : 0) - (p[i] as number) * (p[j] as number);
      });
    });
  }

  chiSquare(): number {
    const solved = solution(this.#covariance, this.#difference);
    return this.#difference.reduce((sum, d, i) => sum + d * (solved[i] as number), 0);
  }
}

/** x with Ax = b, by elimination; A is positive definite. */
function solution(a: readonly (readonly number[])[], b: readonly number[]): readonly number[] {
  const rows = a.map((row, i) => [...row, b[i] as number]);
  rows.forEach((pivot, k) => {
    rows.forEach((row, i) => {
      if (i === k) return;
      const factor = (row[k] as number) / (pivot[k] as number);
      row.forEach((entry, j) => (row[j] = entry - factor * (pivot[j] as number)));
    });
  });
  return rows.map((row, k) => (row.at(-1) as number) / (row[k] as number));
}
