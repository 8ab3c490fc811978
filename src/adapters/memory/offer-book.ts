/** All subjects' offer histories in memory. Every call is one synchronous step. */
import { holds } from "../../core/caps/condition.ts";
import { remember } from "../../core/caps/remember.ts";
import type { KeptOffer, Subject } from "../../core/domain/offer.ts";
import { invariant } from "../../core/errors.ts";
import type { HistoryEntry, OfferCommit } from "../../core/ports.ts";
import type { OfferLine } from "./offer-journal.ts";

const NO_OFFERS: readonly KeptOffer[] = [];

export class OfferBook {
  readonly #histories: Readonly<Record<Subject["scope"], Map<string, readonly KeptOffer[]>>> = {
    user: new Map(),
    cluster: new Map(),
  };
  /** The latest decision seen: what is not needed after it may go. */
  #latestMs = 0;

  read({ scope, id }: Subject): readonly KeptOffer[] {
    return this.#histories[scope].get(id) ?? NO_OFFERS;
  }

  /** `repeated`: it is there already, and stays once. */
  commit(commit: OfferCommit): "committed" | "repeated" | "refused" {
    const { decisionId, entries } = commit;
    if (entries.some(({ subject }) => this.#has(subject, decisionId))) return "repeated";
    const extended: (readonly KeptOffer[])[] = [];
    for (const entry of entries) {
      const history = this.#extended(commit, entry);
      if (history === null) return "refused";
      extended.push(history);
    }
    entries.forEach(({ subject }, i) => this.#put(subject, extended[i] as readonly KeptOffer[]));
    this.#latestMs = Math.max(this.#latestMs, commit.offer.decidedAtMs);
    return "committed";
  }

  undo(decisionId: string, subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      if (!this.#has(subject, decisionId)) continue;
      this.#put(
        subject,
        this.read(subject).filter((offer) => offer.decisionId !== decisionId),
      );
    }
  }

  forget({ scope, id }: Subject): void {
    this.#histories[scope].delete(id);
  }

  /** Does again what a line says was done. */
  replay(line: OfferLine): void {
    switch (line.did) {
      case "commit": {
        const entries = line.kept.map(({ untilMs, ...subject }) => ({ subject, keepUntilMs: untilMs, conditions: [] }));
        const outcome = this.commit({ decisionId: line.decisionId, offer: line.offer, entries });
        return invariant(outcome !== "refused", "a history that took an offer takes it again");
      }
      case "undo":
        return this.undo(line.decisionId, line.subjects);
      case "forget":
        return this.forget(line.subject);
      default:
        return line satisfies never;
    }
  }

  /** Lets go of what is not needed any more. Counts the rest, each offer once for each history it is in. */
  sweep(): number {
    let held = 0;
    for (const [scope, histories] of this.#scopes()) {
      for (const [id, offers] of histories) {
        const needed = offers.filter(({ keepUntilMs }) => keepUntilMs > this.#latestMs);
        this.#put({ scope, id }, needed);
        held += needed.length;
      }
    }
    return held;
  }

  /** Lines that make this book again. */
  *lines(): Generator<OfferLine> {
    for (const [scope, histories] of this.#scopes()) {
      for (const [id, offers] of histories) {
        for (const { decisionId, keepUntilMs, ...offer } of offers) {
          yield { did: "commit", decisionId, offer, kept: [{ scope, id, untilMs: keepUntilMs }] };
        }
      }
    }
  }

  #scopes(): readonly (readonly [Subject["scope"], Map<string, readonly KeptOffer[]>])[] {
    return [
      ["user", this.#histories.user],
      ["cluster", this.#histories.cluster],
    ];
  }

  #has(subject: Subject, decisionId: string): boolean {
    return this.read(subject).some((offer) => offer.decisionId === decisionId);
  }

  #extended({ decisionId, offer }: OfferCommit, { subject, keepUntilMs, conditions }: HistoryEntry) {
    const history = this.read(subject);
    if (!conditions.every((condition) => holds(condition, history))) return null;
    return remember(history, { ...offer, decisionId, keepUntilMs });
  }

  #put({ scope, id }: Subject, offers: readonly KeptOffer[]): void {
    if (offers.length === 0) this.#histories[scope].delete(id);
    else this.#histories[scope].set(id, offers);
  }
}
