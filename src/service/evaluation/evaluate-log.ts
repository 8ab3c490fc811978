/** From the parts of a log to a report: evidence → estimates → what was compared, and what that cannot say. */
import type { ComparedPolicy, EvaluationReport } from "../../contract/evaluation-report.ts";
import { conclude, judge, prepare } from "../../core/evaluation/evaluate.ts";
import { type DecidedBy, incumbentOf, mergedDeciders } from "./deciders.ts";
import type { Evidence, EvaluationTask, LogParts } from "./gather-evidence.ts";
import { gatherEvidence } from "./gather-evidence.ts";
import { limitsOf } from "./limits.ts";
import { measureActions, measureRewards, type Measurer } from "./measure.ts";
import { pValueOfPropensities } from "./propensities-hold.ts";
import type { Propensity } from "./policy-block.ts";
import { withStability } from "./stability.ts";

/** Bootstrap replicates; the seed makes the same report of the same log. */
const REPLICATES = 1_000;
const SEED = 1;
/** A ranking is walked once a replicate, and no verdict rests on its interval. */
const RANKING_REPLICATES = 100;

export interface Judgement {
  readonly level: number;
  readonly floor: number;
  /** The loss per decision of a slice that is accepted. */
  readonly tolerance: number;
  readonly minSliceRows: number;
  /** Whether policies that spend differently may be compared: only because somebody asked for it. */
  readonly anySpend: "compare" | "refuse";
  readonly propensity: Propensity;
}

export interface Compared {
  readonly candidate: Omit<ComparedPolicy, "lambda">;
  /** null: whoever decided the log. */
  readonly incumbent: Omit<ComparedPolicy, "lambda"> | null;
  /** Digest of the program that is live, canaries aside; null: not known here. */
  readonly live: string | null;
  readonly createdAt: string;
}

export interface Evaluated {
  readonly report: EvaluationReport;
  /** Lines that could not be read: where, and what is wrong; the first ones. */
  readonly faults: readonly string[];
  readonly faulty: number;
}

/** @throws LiftgateError as `gatherEvidence` */
export async function evaluateLog(
  log: LogParts & Measurer,
  task: EvaluationTask,
  judgement: Judgement,
  compared: Compared,
): Promise<Evaluated> {
  const evidence = await gatherEvidence(log, task);
  const { sample, candidate, incumbent, curve, reach, tallies } = evidence;
  const { level, floor, tolerance, minSliceRows, propensity, anySpend } = judgement;
  const resampling = { level, replicates: REPLICATES, seed: SEED };
  const prepared = prepare(sample, { candidate, incumbent, curve });
  const measuring = Promise.all([
    measureRewards(log, prepared.rewards, resampling),
    measureActions(log, sample, { ...resampling, floor, replicates: RANKING_REPLICATES }),
  ]);
  const spend = anySpend === "compare" ? "any" : reach === "reached" ? "equal" : "refuse";
  const pValueSrm = pValueOfPropensities(sample, propensity);
  // While the others measure.
  const judged = judge(prepared, { ...resampling, tolerance, spend, minSliceRows, pValueSrm });
  const [estimators, { calibration, uplift }] = await measuring;
  const decidedBy = mergedDeciders(tallies);
  const report: EvaluationReport = {
    schema: "liftgate.evaluation.v1",
    createdAt: compared.createdAt,
    currency: decidedBy.at(-1)?.currency ?? "",
    candidate: { ...compared.candidate, lambda: candidate[0]?.lambda ?? null },
    incumbent: { ...(compared.incumbent ?? asDecided(incumbentOf(decidedBy, compared.live))), lambda: null },
    log: { ...extentOf(evidence), propensity },
    limits: limitsOf(evidence, { propensity, programs: decidedBy.length }),
    ...conclude(judged, { estimators, calibration, uplift: withStability(uplift, tallies) }),
  };
  const faulty = tallies.reduce((sum, tally) => sum + tally.faulty, 0);
  return { report, faults: tallies.flatMap((tally) => tally.faults), faulty };
}

function extentOf(evidence: Evidence): Omit<EvaluationReport["log"], "propensity"> {
  const { timeMs, rows, units } = evidence.sample;
  const firstMs = timeMs.reduce((first, ms) => Math.min(first, ms), Infinity);
  const lastMs = timeMs.reduce((last, ms) => Math.max(last, ms), -Infinity);
  return {
    from: new Date(firstMs).toISOString(),
    until: new Date(lastMs).toISOString(),
    decisions: rows,
    units,
    leftOut: leftOutOf(evidence),
    windowMs: evidence.join.windowMs,
    exposures: evidence.join.exposures,
  };
}

/** One program stands for all that decided. */
function asDecided(by: DecidedBy | undefined): Omit<ComparedPolicy, "lambda"> {
  if (by === undefined) return { program: { id: "", version: 1, digest: "" }, models: [] };
  return { program: by.program, models: by.model === null ? [] : [by.model] };
}

function leftOutOf({ tallies, duplicates }: Evidence): Readonly<Record<string, number>> {
  const leftOut: Record<string, number> = {};
  const add = (reason: string, count: number) => {
    if (count > 0) leftOut[reason] = (leftOut[reason] ?? 0) + count;
  };
  for (const tally of tallies) {
    for (const [reason, count] of Object.entries(tally.leftOut)) add(reason, count);
    add("not readable", tally.faulty);
    add("torn tail", tally.torn);
  }
  add("the decision was there before", duplicates);
  return leftOut;
}
