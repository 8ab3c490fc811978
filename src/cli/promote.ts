import { readFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { composeRollout, type RolloutParts } from "../compose/rollout.ts";
import { EvaluationReport } from "../contract/evaluation-report.ts";
import { faultsOf } from "../contract/faults.ts";
import type { Fault, Opened } from "../core/ports.ts";
import { readConfig } from "../ops/config.ts";
import { type Evidence, promote } from "../service/rollout/promote.ts";
import type { Change } from "../service/rollout/rollout-store.ts";
import { durationOption } from "./export/options.ts";
import { tellService } from "./rollout/tell-service.ts";

interface PromoteOptions {
  readonly candidate: string;
  readonly report?: string;
  readonly share: number;
  readonly maxAge: number;
  readonly force?: true;
  readonly reason?: string;
  readonly by: string;
  readonly models?: string;
  readonly programs?: string;
  readonly service?: string;
  readonly keyFile?: string;
}

export function addPromoteCommand(program: Command): void {
  program
    .command("promote")
    .description("Make a candidate program live, on a report for exactly it; exit code 1: refused, nothing was changed")
    .requiredOption("--candidate <file>", "the program file to make live")
    .option("--report <file>", "report.json of its evaluation")
    .option("--share <share>", "of the units: less than 1 makes it the canary of the live program", shareOf, 1)
    .addOption(durationOption("--max-age <duration>", "a report that is older is refused", "7d"))
    .option("--force", "whatever the report says, or without one; needs --reason")
    .option("--reason <text>", "why, for the audit log")
    .option("--by <name>", "who, for the audit log", `${userInfo().username}@${hostname()}`)
    .option("--models <dir>", "model folders (default: MODELS_DIR)")
    .option("--programs <dir>", "program files (default: PROGRAMS_DIR)")
    .option("--service <url>", "a service that is to load it at once")
    .option("--key-file <file>", "holds the API key for --service, id.secret")
    .action(async (options: PromoteOptions, command: Command) => {
      const misuse = misuseOf(options);
      if (misuse !== null) command.error(`error: ${misuse}`);
      if (!(await promoteWith(options))) process.exitCode = 1;
    });
}

function shareOf(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError("must be over 0 and at most 1.");
  return share;
}

function misuseOf({ report, force, reason, service, keyFile }: PromoteOptions): string | null {
  if (force === true && reason === undefined) return "--force needs --reason: the audit log says why";
  if (force === undefined && report === undefined) return "--report is needed, or --force and --reason";
  return keyFile !== undefined && service === undefined ? "--key-file is for --service" : null;
}

async function promoteWith(options: PromoteOptions): Promise<boolean> {
  const config = readConfig();
  const { models = config.MODELS_DIR, programs = config.PROGRAMS_DIR, candidate: path, maxAge: maxAgeMs } = options;
  const parts = composeRollout({ MODELS_DIR: models, PROGRAMS_DIR: programs });
  const candidate = await parts.readCandidate(path);
  if (!candidate.ok) return refused(candidate.faults);
  const promoted = await promote(parts, {
    candidate: candidate.value,
    evidence: options.report === undefined ? null : await readReport(parts, options.report),
    share: options.share,
    maxAgeMs,
    by: options.by,
    reason: options.reason ?? null,
    faultyReport: options.force === true ? "overrule" : "refuse",
  });
  if (!promoted.ok) return refused(promoted.faults);
  tell(promoted.entry);
  return await tellService(options, promoted.entry);
}

/** A report that is not one is a fault of the promotion, so that all faults are told together. */
async function readReport({ digestOf }: RolloutParts, path: string): Promise<Evidence> {
  const bytes = await readFile(path);
  return { digest: digestOf(bytes), report: parseReport(bytes) };
}

function parseReport(bytes: Buffer): Opened<EvaluationReport> {
  let data: unknown;
  try {
    data = JSON.parse(bytes.toString("utf8"));
  } catch {
    return {
      ok: false,
      faults: [{ path: "", rule: "is not JSON: it is the report.json that `evaluate --out` writes" }],
    };
  }
  const parsed = EvaluationReport.safeParse(data);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, faults: faultsOf(parsed.error) };
}

function refused(faults: readonly Fault[]): false {
  console.error("refused, nothing was changed:");
  for (const { path, rule } of faults) console.error(`  ${path === "" ? "" : `${path}: `}${rule}`);
  return false;
}

function tell({ program, from, to, share, overruled }: Change): void {
  for (const fault of overruled) console.log(`overruled: ${fault}`);
  const before = from === null ? "none" : `version ${from.version}`;
  const what = share < 1 ? `is the canary of ${before}, for ${share} of the units` : `is in its file, over ${before}`;
  console.log(`${program}: version ${to.version} ${what}`);
}
