/** What kinds of decisions a log holds: a replay proves as much as there is in it. */
import { join } from "node:path";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments } from "../../src/adapters/file/segment-name.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { Record } from "../../src/contract/record.ts";

/** What the mixed log must have, each with how often. */
const WANTED = [
  ...["live", "log-only", "shadow", "paused"].map((mode) => `mode ${mode}`),
  ...["normal", "degraded_features", "degraded_budget", "degraded_model", "safe_default", "paused"].map(
    (status) => `status ${status}`,
  ),
  ...["holdout", "evaluation", "policy"].map((arm) => `arm ${arm}`),
  ...["model", "prior", "explore"].map((basis) => `basis ${basis}`),
  ...["ineligible", "not_requested", "paused", "cold_start", "unavailable", "cap_reached", "cooldown"].map(
    (reason) => `excluded ${reason}`,
  ),
  ...["budget_exhausted", "action_limit", "channel_limit"].map((reason) => `excluded ${reason}`),
  ...["no_value", "not_credible", "too_expensive", "inefficient", "below_marginal_efficiency"].map(
    (reason) => `pruned ${reason}`,
  ),
  "an outage",
  "exploring open",
  "exploring spent",
  "a price",
  "a reservation",
  "a window",
  "a cluster",
  "a stale row",
  ...["greedy", "epsilon", "skewed", "softmax", "inverse-gap", "thompson"].map((id) => `paid by ${id}`),
] as const;

export interface Variety {
  readonly records: number;
  readonly counts: ReadonlyMap<string, number>;
  /** What was wanted and is not there. */
  readonly missing: readonly string[];
}

export async function varietyOf(dataDir: string): Promise<Variety> {
  const counts = new Map<string, number>();
  let records = 0;
  const segments = await listSegments(join(dataDir, "decisions"), "decisions");
  for await (const entry of readSegments(segments.map(({ path }) => path))) {
    if (entry.kind !== "record") throw new Error(`expected a record, got ${entry.kind} in ${entry.path}`);
    records += 1;
    for (const kind of kindsOf(Record.parse(entry.record))) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return { records, counts, missing: WANTED.filter((kind) => !counts.has(kind)) };
}

function kindsOf(record: DecisionRecord): ReadonlySet<string> {
  const { mode, status, arm, basis, exploring, program, reservation, candidates } = record;
  const kinds = new Set([
    `mode ${mode}`,
    `status ${status}`,
    `arm ${arm}`,
    `basis ${basis}`,
    `version ${program.version}`,
  ]);
  for (const { excluded, pruned } of candidates) {
    if (excluded !== null) kinds.add(`excluded ${excluded}`);
    if (pruned !== null) kinds.add(`pruned ${pruned}`);
  }
  // Its model is there, and so is its store, most of the time.
  if (program.id === "greedy" && status === "safe_default") kinds.add("an outage");
  if (exploring !== null) kinds.add(`exploring ${exploring}`);
  if (record.pacing.lambda > 0) kinds.add("a price");
  if (reservation !== null) kinds.add("a reservation");
  if (record.window !== null) kinds.add("a window");
  if (record.unit !== record.user) kinds.add("a cluster");
  if (record.features?.stale === true) kinds.add("a stale row");
  if (record.override !== null) kinds.add(`override ${record.override}`);
  if (mode === "live" && record.action !== "no_offer") kinds.add(`paid by ${program.id}`);
  return kinds;
}
