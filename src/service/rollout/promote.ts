/** A candidate becomes the program, or decides for a share of its units: only on a report for exactly it, or by overruling, which the audit log tells. */
import type { EvaluationReport } from "../../contract/evaluation-report.ts";
import type { ProgramText } from "../../contract/program-file.ts";
import type { Fault, Opened } from "../../core/ports.ts";
import { canaryFaults } from "../canary.ts";
import { reportFaults, versionFaults } from "./promotion-faults.ts";
import { type Change, type Checked, type RolloutStore, versionOf } from "./rollout-store.ts";

export interface PromoteParts {
  readonly store: RolloutStore;
  /** The candidate as the service would load it beside the other programs. */
  readonly check: (text: ProgramText) => Promise<Checked>;
  readonly nowMs: () => number;
}

/** A report, with the digest of its bytes. */
export interface Evidence {
  readonly digest: string;
  readonly report: Opened<EvaluationReport>;
}

export interface Promotion {
  readonly candidate: ProgramText;
  /** null: there is none. */
  readonly evidence: Evidence | null;
  /** Of the units, in (0, 1]: 1 makes it the program, less its canary. */
  readonly share: number;
  readonly maxAgeMs: number;
  readonly by: string;
  readonly reason: string | null;
  readonly faultyReport: "refuse" | "overrule";
}

export type Promoted =
  | { readonly ok: true; readonly entry: Change }
  /** Nothing was changed. */
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Promotes, or says all that is against it. The order of the last steps makes a crash at any of them leave the old
 * program or the new one: what is replaced is kept, the audit log knows, and then the file changes at once.
 *
 * @throws LiftgateError `rollout_under_way`, `program_store_unavailable`, `audit_log_broken`
 */
export async function promote(parts: PromoteParts, promotion: Promotion): Promise<Promoted> {
  const { store } = parts;
  // One that is refused writes nothing, no lock either. What is live may change until the lock is held: it is judged again.
  const judged = await store.look(() => judgedNow(parts, promotion));
  return judged.ok ? await store.change(() => promoteAlone(parts, promotion)) : judged;
}

async function promoteAlone(parts: PromoteParts, promotion: Promotion): Promise<Promoted> {
  const judged = await judgedNow(parts, promotion);
  if (!judged.ok) return judged;
  const { entry, live } = judged;
  const { store } = parts;
  if (live !== null) await store.keep(live);
  await store.keep(promotion.candidate);
  await store.audit.append(entry);
  await putLive(store, promotion);
  return { ok: true, entry };
}

type Judged =
  | { readonly ok: true; readonly entry: Change; readonly live: ProgramText | null }
  | { readonly ok: false; readonly faults: readonly Fault[] };

async function judgedNow(parts: PromoteParts, promotion: Promotion): Promise<Judged> {
  const { store, check } = parts;
  const { candidate, evidence, share } = promotion;
  const past = await store.audit.entries();
  const opened = await store.live(candidate.id);
  const live = opened?.ok === true ? opened.value : null;
  const checked = await check(candidate);
  const now = { candidate, live, models: checked.models, nowMs: parts.nowMs(), maxAgeMs: promotion.maxAgeMs };
  const against = evidenceFaults(evidence, (report) => reportFaults(report, now));
  const unreadable = opened?.ok === false ? opened.faults : [];
  const partial = share < 1 ? partialFaults(candidate, live) : [];
  const lasting = [...unreadable.map(inLive), ...versionFaults(now, past), ...checked.faults, ...partial];
  const faults = promotion.faultyReport === "overrule" ? lasting : [...lasting, ...against];
  if (faults.length > 0) return { ok: false, faults };
  const entry = {
    time: new Date(now.nowMs).toISOString(),
    by: promotion.by,
    act: share < 1 ? "set_canary" : "promote",
    program: candidate.id,
    from: live === null ? null : versionOf(live),
    to: versionOf(candidate),
    share,
    report: evidence?.digest ?? null,
    overruled: against.map(({ path, rule }) => `${path}: ${rule}`),
    reason: promotion.reason,
  } as const;
  return { ok: true, entry, live };
}

/** A canary goes before what it might replace does: the file of one must never stand beside a newer program. */
async function putLive(store: RolloutStore, { candidate, share }: Promotion): Promise<void> {
  if (share < 1) return await store.putCanary({ share, text: candidate });
  if ((await store.canary(candidate.id)) !== null) await store.removeCanary(candidate.id);
  await store.put(candidate);
}

function partialFaults(candidate: ProgramText, live: ProgramText | null): readonly Fault[] {
  if (live !== null) return canaryFaults(candidate, live).filter(({ path }) => path !== "version");
  return [{ path: "share", rule: "must be 1: no program of this id is live that could decide for the rest" }];
}

function evidenceFaults(
  evidence: Evidence | null,
  faultsOf: (report: EvaluationReport) => readonly Fault[],
): readonly Fault[] {
  if (evidence === null) return [{ path: "report", rule: "there is none: make it with `evaluate --out`" }];
  const { report } = evidence;
  if (report.ok) return faultsOf(report.value);
  return report.faults.map(({ path, rule }) => ({ path: path === "" ? "report" : `report.${path}`, rule }));
}

/** A live file that cannot be read cannot be compared with, nor kept. */
function inLive({ path, rule }: Fault): Fault {
  return { path: path === "" ? "live file" : `live file: ${path}`, rule };
}
