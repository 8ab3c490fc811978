/** Which actions a user's, or their cluster's, offer history closes now. */
import type { CapReason, Condition } from "../domain/cap.ts";
import type { Offer } from "../domain/offer.ts";
import { type Action, NO_OFFER } from "../domain/program.ts";
import { invariant } from "../errors.ts";
import { nulls } from "../numerics/vector.ts";
import { counts, holds } from "./condition.ts";

/** The offers that count by scope; null where the request named no cluster. */
export interface Histories {
  readonly user: readonly Offer[];
  readonly cluster: readonly Offer[] | null;
}

export interface Capped {
  /** The program that decides. */
  readonly program: string;
  readonly actions: readonly Pick<Action, "id" | "channel">[];
}

/**
 * Per action of the program: the reason of the first condition that does not hold for it, or null. The
 * same arguments give the same reasons, online and in replay. `no_offer` is never closed.
 */
export function closedByCaps(
  conditions: readonly Condition[],
  histories: Histories,
  capped: Capped,
): readonly (CapReason | null)[] {
  const broken = conditions.filter((condition) => !holds(condition, historyFor(condition, histories)));
  if (broken.length === 0) return nulls(capped.actions.length);
  return capped.actions.map(({ id, channel }) => {
    if (id === NO_OFFER) return null;
    const kind = { program: capped.program, action: id, channel };
    return broken.find(({ cap }) => counts(cap, kind))?.cap.reason ?? null;
  });
}

function historyFor({ cap }: Condition, { user, cluster }: Histories): readonly Offer[] {
  if (cap.scope === "user") return user;
  invariant(cluster !== null, "a program that caps clusters is asked with a cluster");
  return cluster;
}
