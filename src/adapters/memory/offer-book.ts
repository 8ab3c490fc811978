/** All subjects' offer histories in memory. Every call is one synchronous step. */
import { outlived } from "../../core/caps/outlived.ts";
import { ENTRIES_MAX, type KeptHistory, type KeptOffer, type Place, type Subject } from "../../core/domain/offer.ts";
import type { OfferLine } from "./offer-journal.ts";

const NOTHING: KeptHistory = { offers: [], places: [] };

export class OfferBook {
  readonly #histories: Readonly<Record<Subject["scope"], Map<string, KeptHistory>>> = {
    user: new Map(),
    cluster: new Map(),
  };
  /** The latest decision seen: what is not needed after it may go. */
  #latestMs = 0;

  read({ scope, id }: Subject): KeptHistory {
    return this.#histories[scope].get(id) ?? NOTHING;
  }

  /** Puts the place where there is room for it. What was there, but for what is not needed any more. */
  take(place: Place, subjects: readonly Subject[], atMs: number): readonly KeptHistory[] {
    return subjects.map((subject) => {
      const history = this.read(subject);
      const found = without(history, outlived(history, null, atMs));
      const hasRoom = found.places.length < ENTRIES_MAX;
      this.#put(subject, hasRoom ? { ...found, places: [...found.places, place] } : found);
      return found;
    });
  }

  /** The offer instead of the decision's place, or of what it was before, and without what nobody needs any more. */
  give(offer: KeptOffer, subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      const history = without(this.read(subject), [offer.decisionId]);
      const { offers, places } = without(history, outlived(history, offer, offer.decidedAtMs));
      this.#put(subject, { places, offers: offers.length < ENTRIES_MAX ? [...offers, offer] : offers });
    }
    this.#latestMs = Math.max(this.#latestMs, offer.decidedAtMs);
  }

  /** The decision's place goes. */
  leave(decisionId: string, subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      const { offers, places } = this.read(subject);
      this.#put(subject, { offers, places: places.filter((place) => place.decisionId !== decisionId) });
    }
  }

  /** Nothing of the decision. */
  takeBack(decisionId: string, subjects: readonly Subject[]): void {
    for (const subject of subjects) this.#put(subject, without(this.read(subject), [decisionId]));
  }

  forget({ scope, id }: Subject): void {
    this.#histories[scope].delete(id);
  }

  /** Does again what a line says was done. */
  replay(line: OfferLine): void {
    switch (line.did) {
      case "offer":
        return this.give({ ...line.offer, decisionId: line.decisionId, keepUntilMs: line.keepUntilMs }, line.subjects);
      case "take back":
        return this.takeBack(line.decisionId, line.subjects);
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

  #scopes(): readonly (readonly [Subject["scope"], Map<string, KeptHistory>])[] {
    return [
      ["user", this.#histories.user],
      ["cluster", this.#histories.cluster],
    ];
  }

  #put({ scope, id }: Subject, history: KeptHistory): void {
    if (history.offers.length + history.places.length === 0) this.#histories[scope].delete(id);
    else this.#histories[scope].set(id, history);
  }
}

function without(history: KeptHistory, decisionIds: readonly string[]): KeptHistory {
  if (decisionIds.length === 0) return history;
  const stays = ({ decisionId }: Place | KeptOffer): boolean => !decisionIds.includes(decisionId);
  return { offers: history.offers.filter(stays), places: history.places.filter(stays) };
}
