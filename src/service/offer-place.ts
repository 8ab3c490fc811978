/**
 * One decision's place in the offer histories: taken when they are read, before anything is drawn, and given up when
 * the decision is made, for its offer or for nothing. What a cap counts cannot change in between, so no offer is lost to
 * a faster request.
 */
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
  /** Null: no place is taken. */
  #taking: Promise<unknown> | null = null;
  #taken = false;
  #given = false;

  constructor(services: OfferServices, request: AdmittedRequest, decisionId: string) {
    this.#services = services;
    this.#request = request;
    this.#decisionId = decisionId;
    this.#concern = concernOf(services, request);
  }

  /**
   * What was offered before. Where a cap counts the program's offers the decision counts as one from here on, until
   * its offer is given or it leaves.
   *
   * @throws LiftgateError `cap_store_unavailable`, as `pastUnknown`
   */
  async take(): Promise<PastOffers> {
    const concern = this.#concern;
    if (concern === null) return NO_PAST;
    try {
      const found = await this.#read(concern);
      this.#taken = true;
      return pastIn(this.#services, this.#request, concern, knownIn(found));
    } catch (error) {
      return pastUnknown(this.#services, concern, error);
    }
  }

  /**
   * Makes the offer a part of the histories. Why it may not be given after all, or null. A store that is down keeps
   * nobody from an offer that no cap counts.
   */
  async give({ action, decidedAtMs, expiresAtMs }: NewOffer): Promise<Override | null> {
    const concern = this.#concern;
    if (concern === null) return null;
    this.#given = true;
    const offer = {
      decisionId: this.#decisionId,
      program: this.#request.program.id,
      action: action.id,
      channel: action.channel,
      decidedAtMs,
      expiresAtMs,
      keepUntilMs: decidedAtMs + concern.keeping.keepMs,
    };
    try {
      await this.#services.offers.give(offer, concern.subjects);
      return null;
    } catch (error) {
      this.#forgive(error);
      if (!concern.keeping.counted) return null;
      await this.end();
      return "cap_unknown";
    }
  }

  /** Nothing is offered, and nothing is against that. */
  leave(): void {
    if (this.#concern === null || this.#taking === null) return;
    const { subjects } = this.#concern;
    const leave = (): void => this.#services.offers.leave(this.#decisionId, subjects);
    // A place that is left before it is there would stay.
    if (this.#taken) leave();
    else void this.#taking.then(leave, leave);
  }

  /** However far it came, nothing is offered. Where this fails the offer goes on counting: never too few. */
  async end(): Promise<void> {
    if (this.#concern === null) return;
    if (this.#given) return await this.#takeBack(this.#concern);
    this.leave();
    if (this.#taking !== null) await Promise.allSettled([this.#taking]);
  }

  #read({ keeping, subjects }: Concern): Promise<readonly HistoryRead[]> {
    const { offers, nowMs } = this.#services;
    // A program that gives nothing takes nobody's place.
    if (!keeping.counted || this.#request.program.state !== "live") return offers.read(subjects);
    const atMs = nowMs();
    const keepUntilMs = atMs + keeping.keepMs;
    const place = { decisionId: this.#decisionId, program: this.#request.program.id, keepUntilMs };
    const taking = offers.take(place, subjects, atMs);
    this.#taking = taking;
    return taking;
  }

  async #takeBack({ subjects }: Concern): Promise<void> {
    try {
      await this.#services.offers.takeBack(this.#decisionId, subjects);
    } catch (error) {
      this.#forgive(error);
    }
  }

  #forgive(error: unknown): void {
    if (!isOutage(error)) throw error;
    this.#services.metrics.trouble("cap_store_unavailable");
  }
}
