/** Evaluations beside the service's decisions: over its own logs, kept in DATA_DIR. */
import { join } from "node:path";
import type { Logger } from "pino";
import { EvaluationFolder } from "../adapters/file/evaluation-folder.ts";
import { parseAnyProgram } from "../adapters/file/read-program.ts";
import type { ProgramText } from "../contract/program-file.ts";
import type { Opened } from "../core/ports.ts";
import type { Config } from "../ops/config.ts";
import { tellEvaluations } from "../ops/evaluation-metrics.ts";
import type { Metrics } from "../ops/metrics.ts";
import { type Compilers, compileProgram } from "../service/compile-program.ts";
import { EvaluationJobs } from "../service/evaluation-jobs/evaluation-jobs.ts";
import { evaluateInChild } from "./evaluation-child.ts";

/** Files that Node.js runs as processes of their own. */
export interface EntryPoints {
  readonly evaluation: string;
}

export interface EvaluationJobsParts extends Compilers {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly entryPoints: EntryPoints;
}

export function openEvaluationJobs(config: Config, parts: EvaluationJobsParts): Promise<EvaluationJobs> {
  const { metrics, logger, newId, entryPoints } = parts;
  const store = new EvaluationFolder(join(config.DATA_DIR, "evaluations"));
  return EvaluationJobs.open({
    store,
    start: (evaluationId, request, onRead) =>
      evaluateInChild(config, {
        entryPoint: entryPoints.evaluation,
        request,
        paths: store.pathsOf(evaluationId),
        onRead,
        onCrash: (lastWords) => logger.error({ evaluationId, lastWords }, "evaluation failed"),
      }),
    check: (file) => checked(file, parts),
    newId,
    nowMs: Date.now,
    observer: tellEvaluations(metrics.evaluations, logger),
  });
}

/** As a reload would judge it, with the models that are loaded. */
function checked(file: string, compilers: Compilers): Opened<ProgramText> {
  const text = parseAnyProgram(Buffer.from(file));
  if (!text.ok) return text;
  const compiled = compileProgram(text.value, compilers);
  return compiled.ok ? text : { ok: false, faults: compiled.faults };
}
