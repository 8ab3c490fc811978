/** Why a candidate may not become live: all reasons at once, each with what would be right. */
import type { AuditEntry } from "../../contract/audit.ts";
import type { ComparedPolicy, EvaluationReport } from "../../contract/evaluation-report.ts";
import type { ProgramText } from "../../contract/program-file.ts";
import type { Fault } from "../../core/ports.ts";

/** What a candidate is judged by. */
export interface Grounds {
  readonly candidate: ProgramText;
  /** null: there is no program of this id. */
  readonly live: ProgramText | null;
  /** Digests of the models that serve, by `name@version`. */
  readonly models: ReadonlyMap<string, string>;
  readonly nowMs: number;
  readonly maxAgeMs: number;
}

/** Faults of its version, which nothing can overrule: a record names its program by version. */
export function versionFaults(
  { candidate, live }: Pick<Grounds, "candidate" | "live">,
  past: readonly AuditEntry[],
): readonly Fault[] {
  const { digest, file } = candidate;
  if (live?.digest === digest) return ofVersion(`${file.version} is what is live: there is nothing to promote`);
  if (live !== null && file.version <= live.file.version) {
    return ofVersion(`must be over ${live.file.version}, the version that is live`);
  }
  const known = past.filter(({ program }) => program === candidate.id).flatMap(({ from, to }) => [from, to]);
  const used = known.some((each) => each !== null && each.version === file.version && each.digest !== digest);
  const highest = Math.max(...known.map((each) => each?.version ?? 0));
  return used ? ofVersion(`must be over ${highest}: another program was version ${file.version} before`) : [];
}

/** What its report lacks. */
export function reportFaults(report: EvaluationReport, grounds: Grounds): readonly Fault[] {
  const { candidate, live } = grounds;
  const routed = [...new Set(candidate.file.models.map(({ model }) => model))];
  return [
    ...verdictFaults(report),
    ...ageFaults(report, grounds),
    ...programFaults("candidate", report.candidate, candidate),
    ...modelFaults("candidate", report.candidate, grounds),
    ...unjudgedFaults(report.candidate, routed),
    ...(live === null
      ? [
          {
            path: "report.incumbent",
            rule: "there is no live program of this id that it could have been compared with",
          },
        ]
      : programFaults("incumbent", report.incumbent, live)),
    ...modelFaults("incumbent", report.incumbent, grounds),
  ];
}

function ofVersion(rule: string): readonly Fault[] {
  return [{ path: "version", rule }];
}

function verdictFaults({ verdict }: EvaluationReport): readonly Fault[] {
  if (verdict.decision === "ship") return [];
  const why = verdict.reasons.length === 0 ? "" : ` (${verdict.reasons.join(" ")})`;
  return [{ path: "report.verdict", rule: `must be ship, is ${verdict.decision}${why}` }];
}

function ageFaults({ createdAt }: EvaluationReport, { nowMs, maxAgeMs }: Grounds): readonly Fault[] {
  const ageMs = nowMs - Date.parse(createdAt);
  const path = "report.createdAt";
  if (ageMs < 0) return [{ path, rule: "is in the future: a clock is wrong" }];
  return ageMs <= maxAgeMs ? [] : [{ path, rule: `${createdAt} is too long ago: evaluate again` }];
}

function programFaults(role: "candidate" | "incumbent", judged: ComparedPolicy, there: ProgramText): readonly Fault[] {
  const { id, version, digest } = judged.program;
  if (id === there.id && digest === there.digest) return [];
  const what = role === "candidate" ? "the file to promote" : "live";
  const rule = `it judged ${id} version ${version} (${digest}), but ${there.id} version ${there.file.version} (${there.digest}) is ${what}: evaluate again`;
  return [{ path: `report.${role}.program`, rule }];
}

function modelFaults(role: "candidate" | "incumbent", judged: ComparedPolicy, { models }: Grounds): readonly Fault[] {
  return judged.models.flatMap(({ name, version, digest }) => {
    const label = `${name}@${version}`;
    const now = models.get(label);
    if (now === digest) return [];
    const rule = now === undefined ? "does not serve now" : "has other files now than were judged: evaluate again";
    return [{ path: `report.${role}.models`, rule: `${label} ${rule}` }];
  });
}

/** A route without decisions on the log is judged all the same; one that the report does not know was not. */
function unjudgedFaults({ models }: ComparedPolicy, routed: readonly string[]): readonly Fault[] {
  const judged = new Set(models.map(({ name, version }) => `${name}@${version}`));
  const unjudged = routed.filter((label) => !judged.has(label));
  return unjudged.map((label) => ({
    path: "report.candidate.models",
    rule: `${label} was not judged: evaluate again`,
  }));
}
