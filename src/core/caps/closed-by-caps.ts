/** Which actions a user's, or their cluster's, offer history closes now. */
import type { Cap, CapReason, Condition } from "../domain/cap.ts";
import { entriesIn, type History, isFull } from "../domain/offer.ts";
import { type Action, NO_OFFER } from "../domain/program.ts";
import { invariant } from "../errors.ts";
import { counts, holds } from "./condition.ts";

/** By scope; null where the request named no cluster. */
export interface Histories {
  readonly user: History;
  readonly cluster: History | null;
}

export interface Capped {
  /** The program that decides. */
  readonly program: string;
  readonly actions: readonly Pick<Action, "id" | "channel">[];
}

/** Whether it may be that a cap closes an action: fewer entries than a cap allows are in its way at no time. */
export function mayClose(caps: readonly Cap[], histories: Histories): boolean {
  if (isAnyFull(histories)) return true;
  for (const cap of caps) if (entriesIn(historyFor(cap, histories)) >= cap.max) return true;
  return false;
}

/**
 * Per action of the program: the reason of the first condition that does not hold for it, or null; null for all of
 * them where none is closed. A history that is full closes every paid action: there was no place to take in it. The
 * same arguments give the same reasons, online and in replay. `no_offer` is never closed.
 */
export function closedByCaps(
  conditions: readonly Condition[],
  histories: Histories,
  capped: Capped,
): readonly (CapReason | null)[] | null {
  const full = isAnyFull(histories);
  const broken = conditions.filter((condition) => !holds(condition, historyFor(condition.cap, histories)));
  if (broken.length === 0 && !full) return null;
  const reasons = capped.actions.map(({ id, channel }) => {
    if (id === NO_OFFER) return null;
    const kind = { program: capped.program, action: id, channel };
    return broken.find(({ cap }) => counts(cap, kind))?.cap.reason ?? (full ? "cap_reached" : null);
  });
  return reasons.some((reason) => reason !== null) ? reasons : null;
}

function isAnyFull({ user, cluster }: Histories): boolean {
  return isFull(user) || (cluster !== null && isFull(cluster));
}

function historyFor({ scope }: Cap, { user, cluster }: Histories): History {
  if (scope === "user") return user;
  invariant(cluster !== null, "a program that caps clusters is asked with a cluster");
  return cluster;
}
