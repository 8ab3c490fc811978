/**
 * What was offered before: which actions a user's caps close now, and what other programs have open.
 *
 * Histories are kept where somebody asks for them: where a cap counts the program's offers, or of several
 * programs each record lists what the others have open. They are read with the features, in one round trip.
 */
import { closedByCaps, mayClose } from "../core/caps/closed-by-caps.ts";
import { conditionsAt } from "../core/caps/condition.ts";
import type { Keeping } from "../core/caps/keeping.ts";
import { openElsewhere } from "../core/caps/open-elsewhere.ts";
import type { Situation } from "../core/domain/decision.ts";
import type { History, Subject } from "../core/domain/offer.ts";
import type { ActiveOffer } from "../core/domain/record.ts";
import { invariant, LiftgateError } from "../core/errors.ts";
import type { HistoryRead } from "../core/ports.ts";
import type { AdmittedRequest } from "./admit.ts";
import type { DecisionServices } from "./services.ts";

export type OfferServices = Pick<DecisionServices, "offers" | "calendar" | "programs" | "nowMs" | "metrics">;

export interface PastOffers {
  readonly closed: Situation["closed"];
  readonly active: readonly ActiveOffer[];
  /** The histories themselves, by subject; none where they were not read. */
  readonly found: readonly History[];
}

/** Nobody asks for histories, or nothing was looked at. */
export const NO_PAST: PastOffers = { closed: null, active: [], found: [] };

/** For what does not depend on what was offered before. */
export const nobodysPast = async (): Promise<PastOffers> => NO_PAST;

/** The histories that a request is about. */
export interface Concern {
  readonly keeping: Keeping;
  /** The user, and the cluster where somebody counts its offers. */
  readonly subjects: readonly Subject[];
}

/** Null where nobody asks for histories. */
export function concernOf(
  { programs }: OfferServices,
  { program, userId, clusterId }: AdmittedRequest,
): Concern | null {
  const keeping = programs.keeping(program);
  if (!keeping.counted && !programs.shareUsers()) return null;
  const user = { scope: "user", id: userId } as const;
  const byCluster = clusterId !== null && keeping.byCluster;
  return { keeping, subjects: byCluster ? [user, { scope: "cluster", id: clusterId }] : [user] };
}

/**
 * The past as it is, for a plan: nothing is going to be offered.
 *
 * @throws LiftgateError `cap_store_unavailable`, as `pastUnknown`
 */
export async function readPastOffers(services: OfferServices, request: AdmittedRequest): Promise<PastOffers> {
  const concern = concernOf(services, request);
  if (concern === null) return NO_PAST;
  try {
    return pastIn(services, request, concern, knownIn(await services.offers.read(concern.subjects)));
  } catch (error) {
    return pastUnknown(services, concern, error);
  }
}

/** What these histories say of the request. */
export function pastIn(
  { calendar, nowMs }: OfferServices,
  { program }: AdmittedRequest,
  { keeping }: Concern,
  found: readonly History[],
): PastOffers {
  const [user, cluster] = found;
  invariant(user !== undefined, "the user's history is always read");
  const now = nowMs();
  const active = activeIn(user, program.id, now);
  if (!keeping.counted) return { closed: null, active, found };
  const histories = { user, cluster: cluster ?? null };
  if (!mayClose(program.caps, histories)) return { closed: null, active, found };
  const conditions = conditionsAt(program.caps, calendar, now);
  const capped = { program: program.id, actions: program.actions };
  return { closed: closedByCaps(conditions, histories, capped), active, found };
}

/**
 * What the histories that were read for the incumbent say of its shadow, whose caps count the incumbent's offers. What
 * was not read for the incumbent closes nothing: nobody reads, or keeps, a history for a shadow.
 */
export function pastOfShadow(
  { calendar, nowMs }: Pick<OfferServices, "calendar" | "nowMs">,
  { program }: AdmittedRequest,
  { active, found }: PastOffers,
): PastOffers {
  const [user, cluster = null] = found;
  if (user === undefined || program.shadows === null) return { closed: null, active, found };
  const caps = cluster === null ? program.caps.filter(({ scope }) => scope === "user") : program.caps;
  const capped = { program: program.shadows, actions: program.actions };
  const conditions = conditionsAt(caps, calendar, nowMs());
  return { closed: closedByCaps(conditions, { user, cluster }, capped), active, found };
}

/**
 * @throws LiftgateError `cap_store_unavailable` when a cap counts the program's offers, its own or one across all
 * programs: then nothing may be offered
 */
export function pastUnknown({ metrics }: OfferServices, { keeping }: Concern, error: unknown): PastOffers {
  if (keeping.counted || !isOutage(error)) throw error;
  metrics.trouble("cap_store_unavailable");
  return NO_PAST;
}

/** @throws LiftgateError `cap_store_unavailable` where one of them is not known */
export function knownIn(reads: readonly HistoryRead[]): readonly History[] {
  return reads.map((read) => {
    if (read.kind === "found") return read.history;
    throw new LiftgateError("cap_store_unavailable", "What is stored of the user's past offers cannot be read");
  });
}

export function isOutage(error: unknown): boolean {
  return error instanceof LiftgateError && error.code === "cap_store_unavailable";
}

function activeIn({ offers }: History, program: string, nowMs: number): readonly ActiveOffer[] {
  if (offers.length === 0) return NO_PAST.active;
  return openElsewhere(offers, program, nowMs).map(({ program: other, action, sinceMs }) => ({
    program: other,
    action,
    since: new Date(sinceMs).toISOString(),
  }));
}
