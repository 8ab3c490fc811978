/** How a candidate becomes live: judged by `liftgate evaluate`, made live by `liftgate promote`. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { liftgate, runLiftgate } from "./commands.ts";
import { policy, PROGRAM, SHADOW } from "./program.ts";
import type { Environment } from "./service.ts";
import type { Stage } from "./stages.ts";
import { ORDER_DAYS_MAX } from "./world.ts";

const DAY_MS = 86_400_000;
const VERDICT = /^(?:Ship|Do not ship|Cannot tell)\b.*$/m;
const REASON =
  "the day of promotion was fixed beforehand: a loop in which chance decides who serves could not be compared";

export interface Judged {
  /** The program file that was judged. */
  readonly candidate: string;
  readonly report: string;
  /** In a line. */
  readonly verdict: string;
}

/** The candidate on decisions that it was not trained on and of which all is known that came, against what decided them. */
export async function judge(
  environment: Environment,
  { version, phase, data, promotedAtMs }: Stage,
  folder: string,
): Promise<Judged> {
  const candidate = join(folder, "candidates", `${version}`, `${PROGRAM}.yaml`);
  await mkdir(dirname(candidate), { recursive: true });
  await writeFile(candidate, policy({ id: PROGRAM, version, model: `${version}` }, phase));
  const until = new Date(promotedAtMs - ORDER_DAYS_MAX * DAY_MS).toISOString();
  const span = ["--from", new Date(data.untilMs).toISOString(), "--until", until];
  const out = join(folder, `report-${version}`);
  const { code, said } = await runLiftgate(environment, ["evaluate", "--candidate", candidate, ...span, "--out", out]);
  const verdict = VERDICT.exec(said)?.[0];
  if (verdict === undefined) throw new Error(`liftgate evaluate ended with ${code} and without a verdict:\n${said}`);
  return { candidate, report: join(out, "report.json"), verdict };
}

/**
 * Makes it live, whatever its report says: a week is rarely enough to tell. What the gate refuses is forced, which the
 * audit log tells with the reason; the line that is returned says which of both it was, and over what.
 */
export async function promote(
  environment: Environment,
  { version }: Stage,
  { candidate, report }: Judged,
): Promise<string> {
  await rm(join(environment.PROGRAMS_DIR, `${SHADOW}.yaml`));
  const command = ["promote", "--candidate", candidate, "--report", report, "--by", "loop"];
  const { code } = await runLiftgate(environment, command);
  if (code === 0) return `version ${version} passed the gate`;
  const said = await liftgate(environment, [...command, "--force", "--reason", REASON]);
  const overruled = said.match(OVERRULED) ?? [];
  return `version ${version} forced (${overruled.join("; ")})`;
}

/** One line for each thing that was against it. */
const OVERRULED = /(?<=^overruled: ).*$/gm;
