/** Many logs of a world with known effects, each evaluated: how often the evaluation is right. */
import type { EvaluationTerms, Policies } from "../../src/core/evaluation/evaluate.ts";
import type { Difference, Evaluation, Range } from "../../src/core/evaluation/evaluation.ts";
import { rewardColumns, withBaseline } from "../../src/core/evaluation/contributions.ts";
import { estimateAll } from "../../src/core/evaluation/off-policy/estimate-all.ts";
import type { RowGroups } from "../../src/core/evaluation/row-groups.ts";
import { evaluated } from "./evaluated.ts";
import { pricedPolicy, truthLog, type TruthLog, truthOf } from "./truth-world.ts";

/** Where the incumbent spends, and two prices around it. */
const INCUMBENT_LAMBDA = 0.5;
const PRICES = [0.2, 2.5] as const;
/** Logs of so many units make the truth: its own error is a fiftieth of what one log errs by. */
const TRUTH_UNITS = 400_000;
/** A log is looked at when so many of its units are there. */
const LOOKS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
const TERMS: EvaluationTerms = {
  level: 0.95,
  replicates: 500,
  seed: 1,
  tolerance: 0,
  minSliceRows: 200,
  spend: "equal",
  pValueSrm: 1,
};
/** The candidate's model is better, or worse, than the incumbent's. */
const BETTER = { candidate: 0.2, incumbent: 0.8 };
const WORSE = { candidate: 0.5, incumbent: 0.4 };

export interface TruthReport {
  readonly logs: number;
  /** Shares of logs whose interval holds the truth. */
  readonly covered: {
    readonly value: Readonly<Record<string, number>>;
    readonly difference: number;
    /** At every look. */
    readonly peeking: { readonly anytime: number; readonly normal: number };
  };
  readonly rmse: { readonly ips: number; readonly snips: number; readonly dr: number };
  readonly trueDifference: { readonly better: number; readonly worse: number };
  readonly shipped: { readonly better: number; readonly worse: number };
}

export interface TruthOptions {
  readonly logs: number;
  readonly units: number;
  readonly onLog?: (done: number) => void;
}

export function truthReport({ logs, units, onLog }: TruthOptions): TruthReport {
  const better = trueDifference(BETTER);
  const worse = trueDifference(WORSE);
  const tally = new Tally();
  for (let log = 0; log < logs; log++) {
    tally.addBetter(truthLog(units, 1 + log, BETTER), better);
    tally.addWorse(truthLog(units, 1_000_001 + log, WORSE));
    onLog?.(log + 1);
  }
  return tally.report(logs, { better: better.difference, worse: worse.difference });
}

interface Truth {
  /** Of the candidate at the first price. */
  readonly value: number;
  /** Of the mixture that spends what the incumbent does, less the incumbent. */
  readonly difference: number;
}

function trueDifference(errors: typeof BETTER): Truth {
  const log = truthLog(TRUTH_UNITS, 77, errors);
  const [high, low] = PRICES.map((lambda) => truthOf(log, lambda, "candidate"));
  const incumbent = truthOf(log, INCUMBENT_LAMBDA, "incumbent");
  if (high === undefined || low === undefined) throw new Error("expected two prices");
  const share = (incumbent.cost - low.cost) / (high.cost - low.cost);
  return { value: high.value, difference: share * high.value + (1 - share) * low.value - incumbent.value };
}

class Tally {
  readonly #covered: Record<string, number> = {};
  #difference = 0;
  readonly #peeking = { anytime: 0, normal: 0 };
  readonly #squares = { ips: 0, snips: 0, dr: 0 };
  readonly #shipped = { better: 0, worse: 0 };

  addBetter(log: TruthLog, truth: Truth): void {
    const evaluation = judged(log);
    this.#shipped.better += Number(evaluation.verdict.decision === "ship");
    this.#difference += Number(holds(compared(evaluation).value, truth.difference));
    const one = evaluated(log.sample, { ...policiesOf(log), candidate: [candidate(log, PRICES[0])] }, ANY);
    for (const { estimator, value } of one.estimators) {
      if (estimator !== "ips" && estimator !== "snips" && estimator !== "dr") continue;
      this.#squares[estimator] += (value.estimate - truth.value) ** 2;
      if (estimator !== "dr") continue;
      for (const [name, interval] of Object.entries(value.intervals)) {
        this.#covered[name] = (this.#covered[name] ?? 0) + Number(holds(interval, truth.value));
      }
    }
    const always = peekedAt(log, truth.value);
    this.#peeking.anytime += Number(always.anytime);
    this.#peeking.normal += Number(always.normal);
  }

  addWorse(log: TruthLog): void {
    this.#shipped.worse += Number(judged(log).verdict.decision === "ship");
  }

  report(logs: number, differences: TruthReport["trueDifference"]): TruthReport {
    const rmse = (squares: number) => Math.sqrt(squares / logs);
    return {
      logs,
      covered: {
        value: Object.fromEntries(Object.entries(this.#covered).map(([name, count]) => [name, count / logs])),
        difference: this.#difference / logs,
        peeking: { anytime: this.#peeking.anytime / logs, normal: this.#peeking.normal / logs },
      },
      rmse: { ips: rmse(this.#squares.ips), snips: rmse(this.#squares.snips), dr: rmse(this.#squares.dr) },
      trueDifference: differences,
      shipped: { better: this.#shipped.better / logs, worse: this.#shipped.worse / logs },
    };
  }
}

const ANY: EvaluationTerms = { ...TERMS, spend: "any" };

function candidate(log: TruthLog, lambda: number) {
  return { lambda, columns: pricedPolicy(log, lambda, "candidate") };
}

function policiesOf(log: TruthLog): Policies {
  return {
    candidate: [candidate(log, PRICES[0]), candidate(log, PRICES[1])],
    incumbent: { lambda: INCUMBENT_LAMBDA, columns: pricedPolicy(log, INCUMBENT_LAMBDA, "incumbent") },
    curve: [],
  };
}

function judged(log: TruthLog): Evaluation {
  return evaluated(log.sample, policiesOf(log), TERMS);
}

function compared({ difference }: Evaluation): Difference {
  if ("refused" in difference) throw new Error(difference.refused);
  return difference;
}

function holds({ low, high }: Range, truth: number): boolean {
  return low <= truth && truth <= high;
}

/** Rows that are independent. */
export function rowsAlone(rows: number): RowGroups {
  return { rowsOfEach: new Float64Array(rows).fill(1), sumsOf: (column) => column };
}

/** Whether intervals of a log that grows hold the truth at every look. Of units that come once: their first decisions. */
function peekedAt(log: TruthLog, truth: number): { readonly anytime: boolean; readonly normal: boolean } {
  const columns = rewardColumns("value", withBaseline(log.sample), pricedPolicy(log, PRICES[0], "candidate"));
  const first = Int32Array.from(log.rows.keys()).filter((i) => log.rows[i]?.unit !== log.rows[i - 1]?.unit);
  const held = { anytime: true, normal: true };
  for (const look of LOOKS) {
    const rows = first.subarray(0, Math.round(look * first.length));
    const of = (column: Float64Array) => Float64Array.from(rows, (i) => column[i] as number);
    const seen = {
      w: of(columns.w),
      reward: of(columns.reward),
      qChosen: of(columns.qChosen),
      qPolicy: of(columns.qPolicy),
    };
    const groups = rowsAlone(rows.length);
    const all = estimateAll(seen, { level: TERMS.level, weightMax: 10, units: rows.length, groups });
    const intervals = all.find(({ estimator }) => estimator === "dr")?.intervals;
    held.anytime &&= intervals !== undefined && holds(intervals.anytime, truth);
    held.normal &&= intervals !== undefined && holds(intervals.normal, truth);
  }
  return held;
}
