/** What was live before becomes live again, byte for byte, under the version it had; a canary goes first. */
import type { AuditEntry } from "../../contract/audit.ts";
import type { ProgramText } from "../../contract/program-file.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { Fault, Opened } from "../../core/ports.ts";
import { type Change, type RolloutStore, versionOf } from "./rollout-store.ts";

export interface RollBackParts {
  readonly store: RolloutStore;
  /** Why the service would not load a program now. */
  readonly faultsOf: (text: ProgramText) => Promise<readonly Fault[]>;
  readonly nowMs: () => number;
}

export interface RollBack {
  readonly program: string;
  readonly by: string;
  readonly reason: string | null;
}

/**
 * A version may come again, since it is the same program: one version never means two.
 *
 * @throws LiftgateError `nothing_to_roll_back`, `reload_refused` when the earlier program cannot be loaded any more:
 * then nothing was changed; `rollout_under_way`, `program_store_unavailable`, `audit_log_broken`
 */
export async function rollBack(parts: RollBackParts, request: RollBack): Promise<Change> {
  const { store } = parts;
  // One that is refused writes nothing, no lock either. What is live may change until the lock is held: it is judged again.
  await store.look(() => planned(parts, request));
  return await store.change(async () => {
    const { change, earlier } = await planned(parts, request);
    await store.audit.append(change);
    if (earlier === null) await store.removeCanary(request.program);
    else await store.put(earlier);
    return change;
  });
}

interface Plan {
  readonly change: Change;
  /** What becomes live; null: the canary goes. */
  readonly earlier: ProgramText | null;
}

async function planned({ store, faultsOf, nowMs }: RollBackParts, request: RollBack): Promise<Plan> {
  const { program, by, reason } = request;
  const opened = await store.live(program);
  if (opened === null) throw new LiftgateError("nothing_to_roll_back");
  const live = whole(opened);
  const told = { time: new Date(nowMs()).toISOString(), by, program, share: 1, report: null, overruled: [], reason };
  const canary = await store.canary(program);
  if (canary !== null) {
    // One that cannot be read goes all the same.
    const from = canary.ok ? versionOf(canary.value.text) : null;
    return { change: { ...told, act: "remove_canary", from, to: versionOf(live) }, earlier: null };
  }
  const before = promotedOver(live, await store.audit.entries());
  if (before === null) throw new LiftgateError("nothing_to_roll_back");
  const earlier = whole(await store.archived(before.digest));
  const faults = await faultsOf(earlier);
  if (faults.length > 0) throw new LiftgateError("reload_refused", undefined, faults);
  return { change: { ...told, act: "roll_back", from: versionOf(live), to: versionOf(earlier) }, earlier };
}

/**
 * What the live program was promoted over. Promotions that a crash cut short never became live and do not count, nor
 * do rollbacks: to roll back twice goes two versions back. Versions fall at each step, so it ends.
 */
function promotedOver(live: ProgramText, past: readonly AuditEntry[]): AuditEntry["from"] {
  const promoted = past.findLast(
    ({ act, program, to }) => act === "promote" && program === live.id && to.digest === live.digest,
  );
  return promoted?.from ?? null;
}

/** @throws LiftgateError `reload_refused` with what is wrong with the file */
function whole(opened: Opened<ProgramText>): ProgramText {
  if (!opened.ok) throw new LiftgateError("reload_refused", undefined, opened.faults);
  return opened.value;
}
