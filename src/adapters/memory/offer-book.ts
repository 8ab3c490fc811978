/** All subjects' offer histories in memory. Every call is one synchronous step. */
import { outlived } from "../../core/caps/outlived.ts";
import { type History, isFull, type KeptOffer, type Place, type Subject } from "../../core/domain/offer.ts";
import type { OfferLine } from "./offer-journal.ts";

const NOTHING: History = { offers: [], places: [] };

export class OfferBook {
  readonly #histories: Readonly<Record<Subject["scope"], Map<string, History>>> = {
    user: new Map(),
    cluster: new Map(),
  };
  /** The latest decision seen: what is not needed after it may go. */
  #latestMs = 0;

  read({ scope, id }: Subject): History {
    return this.#histories[scope].get(id) ?? NOTHING;
  }

  /** Puts the place where there is room for it. */
  take(place: Place, subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      const history = this.read(subject);
      if (!isFull(history)) this.#put(subject, { ...history, places: [...history.places, place] });
    }
  }

  /** The offer instead of the decision's place, or of what it was before, and without what nobody needs any more. */
  add(offer: KeptOffer, subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      const history = without(this.read(subject), [offer.decisionId]);
      const { offers, places } = without(history, outlived(history, offer, offer.decidedAtMs));
      if (!isFull({ offers, places })) this.#put(subject, { places, offers: [...offers, offer] });
    }
    this.#latestMs = Math.max(this.#latestMs, offer.decidedAtMs);
  }

  /** Nothing of the decision, and nothing that is not needed at this moment. Whether there was an offer of it. */
  leave(decisionId: string, subjects: readonly Subject[], atMs: number): boolean {
    let offered = false;
    for (const subject of subjects) {
      const history = this.read(subject);
      offered ||= history.offers.some((offer) => offer.decisionId === decisionId);
      this.#put(subject, without(history, [decisionId, ...outlived(history, null, atMs)]));
    }
    return offered;
  }

  forget({ scope, id }: Subject): void {
    this.#histories[scope].delete(id);
  }

  /** Does again what a line says was done. */
  replay(line: OfferLine): void {
    switch (line.did) {
      case "offer":
        return this.add({ ...line.offer, decisionId: line.decisionId, keepUntilMs: line.keepUntilMs }, line.subjects);
      case "take back":
        return void this.leave(line.decisionId, line.subjects, 0);
      case "forget":
        return this.forget(line.subject);
      default:
        return line satisfies never;
    }
  }

  /** Lets go of what is not needed any more. Counts the offers left, each once for each history it is in. */
  sweep(): number {
    let held = 0;
    for (const [scope, histories] of this.#scopes()) {
      for (const [id, history] of histories) {
        const needed = without(history, outlived(history, null, this.#latestMs));
        this.#put({ scope, id }, needed);
        held += needed.offers.length;
      }
    }
    return held;
  }

  /** Lines that make this book again, but for places: whoever took those is gone. */
  *lines(): Generator<OfferLine> {
    for (const [scope, histories] of this.#scopes()) {
      for (const [id, { offers }] of histories) {
        for (const { decisionId, keepUntilMs, ...offer } of offers) {
          yield { did: "offer", decisionId, offer, keepUntilMs, subjects: [{ scope, id }] };
        }
      }
    }
  }

  #scopes(): readonly (readonly [Subject["scope"], Map<string, History>])[] {
    return [
      ["user", this.#histories.user],
      ["cluster", this.#histories.cluster],
    ];
  }

  #put({ scope, id }: Subject, history: History): void {
    if (history.offers.length + history.places.length === 0) this.#histories[scope].delete(id);
    else this.#histories[scope].set(id, history);
  }
}

function without({ offers, places }: History, decisionIds: readonly string[]): History {
  const stays = ({ decisionId }: Place | KeptOffer): boolean => !decisionIds.includes(decisionId);
  return { offers: offers.filter(stays), places: places.filter(stays) };
}
