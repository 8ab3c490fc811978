/**
 * One decision's place in the offer histories: taken when they are read, before anything is drawn, and settled when
 * the decision is made. What a cap counts cannot change in between, so no offer is lost to a faster request.
 */
import type { History, KeptOffer } from "../core/domain/offer.ts";
import type { Action } from "../core/domain/program.ts";
import type { Override } from "../core/domain/record.ts";
import type { HistoryRead } from "../core/ports.ts";
import type { AdmittedRequest } from "./admit.ts";
import {
  type Concern,
  concernOf,
  isOutage,
  knownIn,
  NO_PAST,
  type OfferServices,
  type PastOffers,
  pastIn,
  pastUnknown,
} from "./past-offers.ts";

/** An offer about to be given. */
export interface NewOffer {
  readonly action: Action;
  readonly decidedAtMs: number;
  readonly expiresAtMs: number;
}

export class OfferPlace {
  readonly #services: OfferServices;
  readonly #request: AdmittedRequest;
  readonly #decisionId: string;
  readonly #concern: Concern | null;
  /** Null until it was asked. */
  #reading: Promise<readonly HistoryRead[]> | null = null;
  /** What was there, by subject; null where it is not known. */
  #found: readonly History[] | null = null;

  constructor(services: OfferServices, request: AdmittedRequest, decisionId: string) {
    this.#services = services;
    this.#request = request;
    this.#decisionId = decisionId;
    this.#concern = concernOf(services, request);
  }

  /**
   * What was offered before. Where a cap counts the program's offers the decision counts as one from here on, until
   * it is settled.
   *
   * @throws LiftgateError `cap_store_unavailable`, as `pastUnknown`
   */
  async take(): Promise<PastOffers> {
    const concern = this.#concern;
    if (concern === null) return NO_PAST;
    this.#reading = this.#read(concern);
    try {
      this.#found = knownIn(await this.#reading);
      return pastIn(this.#services, this.#request, concern, this.#found);
    } catch (error) {
      return pastUnknown(this.#services, concern, error);
    }
  }

  /**
   * Makes the offer a part of the histories. Why it may not be given after all, or null. A store that is down keeps
   * nobody from an offer that no cap counts.
   */
  give({ action, decidedAtMs, expiresAtMs }: NewOffer): Promise<Override | null> {
    const concern = this.#concern;
    if (concern === null || this.#reading === null) return NOTHING_TO_SETTLE;
    const offer: KeptOffer = {
      decisionId: this.#decisionId,
      program: this.#request.program.id,
      action: action.id,
      channel: action.channel,
      decidedAtMs,
      expiresAtMs,
      keepUntilMs: decidedAtMs + concern.keeping.keepMs,
    };
    return this.#settle(concern, offer, decidedAtMs).then(settled, (error: unknown) => this.#withhold(concern, error));
  }

  /** Nothing is offered, and nothing is against that. Where this fails the place goes on counting: never too few. */
  leave(): Promise<null> {
    const concern = this.#concern;
    if (concern === null || this.#reading === null) return NOTHING_TO_SETTLE;
    return this.#found === null ? this.#leaveLate(concern, this.#reading) : this.#leave(concern);
  }

  /** A decision that fails before it knows the past: its place, were it left before it is there, would stay. */
  async #leaveLate(concern: Concern, reading: Promise<unknown>): Promise<null> {
    await Promise.allSettled([reading]);
    return await this.#leave(concern);
  }

  #leave(concern: Concern): Promise<null> {
    return this.#settle(concern, null, this.#services.nowMs()).then(settled, (error: unknown) => this.#forgive(error));
  }

  #read({ keeping, subjects }: Concern): Promise<readonly HistoryRead[]> {
    const { offers, nowMs } = this.#services;
    // A program that gives nothing takes nobody's place.
    if (!keeping.counted || this.#request.program.state !== "live") return offers.read(subjects);
    const atMs = nowMs();
    const keepUntilMs = atMs + keeping.keepMs;
    const place = { decisionId: this.#decisionId, program: this.#request.program.id, keepUntilMs };
    return offers.take(place, subjects, atMs);
  }

  #settle({ subjects }: Concern, offer: KeptOffer | null, atMs: number): Promise<void> {
    const settlement = { decisionId: this.#decisionId, offer, subjects, found: this.#found, atMs };
    return this.#services.offers.settle(settlement);
  }

  async #withhold({ keeping }: Concern, error: unknown): Promise<Override | null> {
    this.#forgive(error);
    if (!keeping.counted) return null;
    await this.leave();
    return "cap_unknown";
  }

  #forgive(error: unknown): null {
    if (!isOutage(error)) throw error;
    this.#services.metrics.trouble("cap_store_unavailable");
    return null;
  }
}

const NOTHING_TO_SETTLE = Promise.resolve(null);
const settled = (): null => null;
