/**
 * What was offered before: which actions a user's caps close now, and adding the offer a decision gave.
 *
 * Histories are kept where somebody asks for them: a program with caps, or several programs, of which each
 * record lists what the others have open. They are read with the features, in one round trip.
 */
import { closedByCaps } from "../core/caps/closed-by-caps.ts";
import { conditionsAt } from "../core/caps/condition.ts";
import { openElsewhere } from "../core/caps/open-elsewhere.ts";
import { planCommit } from "../core/caps/plan-commit.ts";
import type { Condition } from "../core/domain/cap.ts";
import type { Situation } from "../core/domain/decision.ts";
import type { Offer, Subject } from "../core/domain/offer.ts";
import type { Action } from "../core/domain/program.ts";
import type { ActiveOffer, Override } from "../core/domain/record.ts";
import { LiftgateError } from "../core/errors.ts";
import type { HistoryRead } from "../core/ports.ts";
import type { AdmittedRequest } from "./admit.ts";
import type { DecisionServices } from "./services.ts";

export interface PastOffers {
  readonly closed: Situation["closed"];
  readonly active: readonly ActiveOffer[];
  /** What must still hold when an offer is added; null: no history is kept. */
  readonly conditions: readonly Condition[] | null;
}

/** Nobody asks for histories, or nothing was looked at. */
export const NO_PAST: PastOffers = { closed: null, active: [], conditions: null };

/** For what does not depend on what was offered before. */
export const nobodysPast = async (): Promise<PastOffers> => NO_PAST;

type OfferServices = Pick<DecisionServices, "offers" | "calendar" | "programs" | "nowMs" | "metrics">;

/**
 * @throws LiftgateError `cap_store_unavailable` when a cap counts the program's offers, its own or one across all
 * programs, and the user's history is not known: then nothing may be offered
 */
export async function readPastOffers(services: OfferServices, request: AdmittedRequest): Promise<PastOffers> {
  const { caps, id, actions } = request.program;
  if (caps.length === 0 && !services.programs.shareUsers()) return NO_PAST;
  try {
    const [user, cluster] = (await services.offers.read(subjectsOf(request))).map(offersIn);
    const nowMs = services.nowMs();
    const conditions = conditionsAt(caps, services.calendar, nowMs);
    const reasons = closedByCaps(conditions, { user: user ?? [], cluster: cluster ?? null }, { program: id, actions });
    return {
      closed: reasons.some((reason) => reason !== null) ? reasons : null,
      active: openElsewhere(user ?? [], id, nowMs).map(({ program, action, sinceMs }) => ({
        program,
        action,
        since: new Date(sinceMs).toISOString(),
      })),
      conditions,
    };
  } catch (error) {
    if (isCounted(services, request) || !isOutage(error)) throw error;
    services.metrics.trouble("cap_store_unavailable");
    return NO_PAST;
  }
}

/** An offer about to be given. */
export interface NewOffer {
  readonly decisionId: string;
  readonly action: Action;
  readonly decidedAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * Adds the offer to the histories, unless a condition does not hold any more: another request was faster. Why it
 * may not be given, or null. A store that is down keeps nobody from an offer that no cap counts.
 */
export async function addOffer(
  services: OfferServices,
  request: AdmittedRequest,
  past: PastOffers,
  { decisionId, action, decidedAtMs, expiresAtMs }: NewOffer,
): Promise<Override | null> {
  const { conditions } = past;
  if (conditions === null) return null;
  const subjects = subjectsOf(request);
  const offer: Offer = {
    program: request.program.id,
    action: action.id,
    channel: action.channel,
    decidedAtMs,
    expiresAtMs,
  };
  const caps = services.programs.caps();
  const commit = planCommit({ decisionId, offer, subjects, conditions, caps, calendar: services.calendar });
  try {
    return (await services.offers.commit(commit)) === "committed" ? null : "cap_race";
  } catch (error) {
    if (!isOutage(error)) throw error;
    services.metrics.trouble("cap_store_unavailable");
    if (!isCounted(services, request)) return null;
    // It may have been added all the same.
    await takeBackOffer(services, request, past, decisionId);
    return "cap_unknown";
  }
}

/** The decision was not made. Where this fails, too many offers are counted until they expire, never too few. */
export async function takeBackOffer(
  services: OfferServices,
  request: AdmittedRequest,
  { conditions }: PastOffers,
  decisionId: string,
): Promise<void> {
  if (conditions === null) return;
  try {
    await services.offers.undo(decisionId, subjectsOf(request));
  } catch (error) {
    if (!isOutage(error)) throw error;
    services.metrics.trouble("cap_store_unavailable");
  }
}

/** Whether any loaded program's cap counts the offers of this one. */
function isCounted({ programs }: OfferServices, { program }: AdmittedRequest): boolean {
  return programs.caps().some((cap) => cap.program === null || cap.program === program.id);
}

function subjectsOf({ userId, clusterId }: AdmittedRequest): readonly Subject[] {
  const user = { scope: "user", id: userId } as const;
  return clusterId === null ? [user] : [user, { scope: "cluster", id: clusterId }];
}

function offersIn(read: HistoryRead): readonly Offer[] {
  if (read.kind === "found") return read.offers;
  throw new LiftgateError("cap_store_unavailable", "What is stored of the user's past offers cannot be read");
}

function isOutage(error: unknown): boolean {
  return error instanceof LiftgateError && error.code === "cap_store_unavailable";
}
