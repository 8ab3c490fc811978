/**
 * Random histories against a model that knows nothing of how stores work: it keeps every offer for ever
 * and counts from the caps' own words. Windows of the model are rolling, or hours of UTC by division.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { TemporalCalendar } from "../../src/adapters/temporal/calendar.ts";
import { closedByCaps } from "../../src/core/caps/closed-by-caps.ts";
import { conditionsAt } from "../../src/core/caps/condition.ts";
import { keepingOf } from "../../src/core/caps/keeping.ts";
import type { Cap, CapReason, OfferKind } from "../../src/core/domain/cap.ts";
import type { History, KeptOffer, Offer, Subject } from "../../src/core/domain/offer.ts";
import { invariant } from "../../src/core/errors.ts";
import type { OfferHistory } from "../../src/core/ports.ts";
import { HOUR_MS, idOf, NOW_MS, told } from "../support/offers.ts";
import { foundBy, given, left, takenBack } from "./offer-history.ts";

const SEED = 20261125;
/** By so much an entry outlives its last reader. A decision that takes longer is given up; later no offer is taken back. */
const PENDING_MS_MAX = HOUR_MS;
/** Instants and windows are multiples of this, so that many an offer is just at the edge of a window. */
const GRID_MS = 10 * 60_000;
const PROGRAMS = ["reactivation", "loyalty"];
const CHANNELS = ["email", "push", null];
const ACTIONS = ["voucher_5", "push_1"].flatMap((id) => CHANNELS.map((channel) => ({ id, channel })));
const SUBJECTS = ["a", "b"].flatMap((id) => (["user", "cluster"] as const).map((scope) => ({ scope, id })));

interface Store {
  readonly history: OfferHistory;
  /** Another view of the same data, which may end the first: reopened, or another connection. */
  readonly again: () => Promise<Store>;
}

type Step =
  | { readonly does: "take"; readonly user: string; readonly cluster: string | null; readonly program: string }
  /** What becomes of a decision that is pending; of what was open to it, one is offered. */
  | { readonly does: "offer"; readonly which: number; readonly action: number }
  | { readonly does: "leave"; readonly which: number }
  /** Of an offer that was given. */
  | { readonly does: "repeat" | "take back"; readonly which: number }
  | { readonly does: "forget"; readonly subject: Subject }
  | { readonly does: "reopen" };

interface Decision {
  readonly n: number;
  readonly program: string;
  readonly subjects: readonly Subject[];
  readonly takenAtMs: number;
  /** Which replica makes it. */
  readonly history: OfferHistory;
  readonly open: readonly OfferKind[];
}

interface Given {
  readonly decision: Decision;
  readonly offer: KeptOffer;
}

/** What stands in one history: an offer, or without one a place. */
interface Entry {
  readonly n: number;
  readonly program: string;
  readonly subject: Subject;
  readonly offer: Offer | null;
  /** Whether it was there ever since the decision looked: else others could not count it. */
  readonly placed: boolean;
}

/** What becomes of the places of pending decisions when a store is opened again. */
type Reopened = "places stay" | "places go";

/** @param open an empty store; it is closed when the run is over */
export async function expectModelled(open: () => Promise<Store>, numRuns: number, reopened: Reopened): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCap(), { maxLength: 4 }), anySteps(), async (caps, steps) => {
      const run = new Run(await open(), caps, reopened);
      for (const [n, { step, passedMs }] of steps.entries()) {
        await run.pass(passedMs);
        await run.do(n, step);
        await run.expectAsModelled();
      }
      await run.close();
    }),
    { seed: SEED, numRuns },
  );
}

class Run {
  readonly #calendar = new TemporalCalendar();
  readonly #caps: readonly Cap[];
  readonly #reopened: Reopened;
  #store: Store;
  #nowMs = NOW_MS;
  #standing: Entry[] = [];
  #pending: Decision[] = [];
  /** What may still be repeated or taken back. */
  #given: Given[] = [];

  constructor(store: Store, caps: readonly Cap[], reopened: Reopened) {
    this.#store = store;
    this.#caps = caps;
    this.#reopened = reopened;
  }

  async pass(ms: number): Promise<void> {
    this.#nowMs += ms;
    const late = this.#pending.filter(({ takenAtMs }) => this.#nowMs - takenAtMs >= PENDING_MS_MAX);
    for (const decision of late) await this.#decide(decision, null);
    this.#given = this.#given.filter(({ offer }) => this.#nowMs - offer.decidedAtMs < PENDING_MS_MAX);
  }

  async do(n: number, step: Step): Promise<void> {
    switch (step.does) {
      case "take":
        return this.#take(n, step);
      case "offer":
      case "leave":
        return this.#decide(pick(this.#pending, step.which), step.does === "offer" ? step.action : null);
      case "repeat":
      case "take back":
        return this.#revisit(pick(this.#given, step.which), step.does);
      case "forget":
        await this.#store.history.forget(step.subject);
        this.#standing = this.#standing.filter(({ subject }) => !isSame(subject, step.subject));
        return;
      case "reopen":
        return this.#reopen();
      default:
        return step satisfies never;
    }
  }

  async expectAsModelled(): Promise<void> {
    const histories = await foundBy(this.#store.history.read(SUBJECTS));
    for (const [i, subject] of SUBJECTS.entries()) {
      this.#expectFound(histories[i], subject);
      for (const cap of this.#caps) if (cap.scope === subject.scope) expectKept(cap, this.#entriesOf(subject));
    }
  }

  async close(): Promise<void> {
    await this.#store.history.close();
  }

  async #take(n: number, { user, cluster, program }: Step & { does: "take" }): Promise<void> {
    const subjects: Subject[] = [{ scope: "user", id: user }];
    // Whoever caps clusters is asked with one.
    const asked = cluster ?? (this.#caps.some(({ scope }) => scope === "cluster") ? "a" : null);
    if (asked !== null) subjects.push({ scope: "cluster", id: asked });
    const { history } = this.#store;
    const place = { decisionId: idOf(n), program, keepUntilMs: this.#nowMs + this.#keepMs(program) };
    const found = await foundBy(history.take(place, subjects, this.#nowMs));
    for (const [i, subject] of subjects.entries()) this.#expectFound(found[i], subject);
    const open = this.#openTo(program, subjects, found);
    this.#pending.push({ n, program, subjects, takenAtMs: this.#nowMs, history, open });
    for (const subject of subjects) this.#standing.push({ n, program, subject, offer: null, placed: true });
  }

  /** What the caps leave open is the same by the histories found and by the model. */
  #openTo(program: string, subjects: readonly Subject[], [user, cluster]: readonly History[]): readonly OfferKind[] {
    invariant(user !== undefined, "the user's history was read");
    const conditions = conditionsAt(this.#caps, this.#calendar, this.#nowMs);
    const closed = closedByCaps(conditions, { user, cluster: cluster ?? null }, { program, actions: ACTIONS });
    const kinds = ACTIONS.map(({ id, channel }) => ({ program, action: id, channel }));
    const reasons = kinds.map((kind) => this.#reasonAgainst(kind, subjects));
    expectReasons(closed, reasons);
    return kinds.filter((_, i) => reasons[i] === null);
  }

  #reasonAgainst(kind: OfferKind, subjects: readonly Subject[]): CapReason | null {
    const broken = this.#caps.find(
      (cap) => isOfKind(cap, kind) && subjects.some((subject) => this.#counted(cap, subject) >= cap.max),
    );
    return broken?.reason ?? null;
  }

  #counted(cap: Cap, subject: Subject): number {
    if (cap.scope !== subject.scope) return 0;
    return this.#entriesOf(subject).filter(({ offer, program }) =>
      offer === null ? cap.program === null || cap.program === program : isCounted(cap, offer, this.#nowMs),
    ).length;
  }

  async #decide(decision: Decision | null, action: number | null): Promise<void> {
    if (decision === null) return;
    this.#pending = this.#pending.filter((other) => other !== decision);
    const kind = action === null ? null : pick(decision.open, action);
    if (kind === null) return this.#settle(decision.history, decision, null);
    const decidedAtMs = this.#nowMs;
    const keepUntilMs = decidedAtMs + this.#keepMs(decision.program);
    const instants = { decidedAtMs, expiresAtMs: decidedAtMs + HOUR_MS, keepUntilMs };
    const offer = { ...kind, ...instants, decisionId: idOf(decision.n) };
    this.#given.push({ decision, offer });
    await this.#settle(decision.history, decision, offer);
  }

  async #revisit(one: Given | null, does: "repeat" | "take back"): Promise<void> {
    if (one === null) return;
    await this.#settle(this.#store.history, one.decision, does === "repeat" ? one.offer : null);
  }

  async #reopen(): Promise<void> {
    this.#store = await this.#store.again();
    if (this.#reopened === "places stay") return;
    this.#pending = [];
    this.#standing = this.#standing.filter(({ offer }) => offer !== null);
  }

  async #settle(history: OfferHistory, decision: Decision, offer: KeptOffer | null): Promise<void> {
    const { n, program, subjects } = decision;
    if (offer !== null) await given(history, offer, subjects);
    else if (this.#given.some((other) => other.decision === decision)) await takenBack(history, idOf(n), subjects);
    else await left(history, idOf(n), subjects);
    const before = this.#standing.filter((entry) => entry.n === n);
    this.#standing = this.#standing.filter((entry) => entry.n !== n);
    if (offer === null) return;
    for (const subject of subjects) {
      const placed = before.some((entry) => entry.placed && isSame(entry.subject, subject));
      this.#standing.push({ n, program, subject, offer: told(offer), placed });
    }
  }

  #expectFound(found: History | undefined, subject: Subject): void {
    const isNeeded = (offer: Offer): boolean =>
      (subject.scope === "user" && offer.expiresAtMs > this.#nowMs) ||
      this.#caps.some((cap) => cap.scope === subject.scope && isCounted(cap, offer, this.#nowMs));
    expectHeld(found, this.#entriesOf(subject), isNeeded);
  }

  #entriesOf(subject: Subject): readonly Entry[] {
    return this.#standing.filter((entry) => isSame(entry.subject, subject));
  }

  #keepMs(program: string): number {
    return keepingOf({ id: program, offerTtlMs: HOUR_MS, caps: [] }, this.#caps).keepMs;
  }
}

function expectReasons(closed: readonly (CapReason | null)[] | null, reasons: readonly (CapReason | null)[]): void {
  expect(closed ?? reasons.map(() => null)).toEqual(reasons);
}

/** A store holds every offer that is needed, every place, and nothing that does not stand. */
function expectHeld(found: History | undefined, entries: readonly Entry[], isNeeded: (offer: Offer) => boolean): void {
  const held = (found?.offers ?? []).map(told);
  const stand = entries.flatMap(({ offer }) => offer ?? []);
  for (const offer of held) expect(stand).toContainEqual(offer);
  expect(held.filter(isNeeded)).toEqual(stand.filter(isNeeded).toSorted((a, b) => a.decidedAtMs - b.decidedAtMs));
  const places = entries.filter(({ offer }) => offer === null).map(({ n, program }) => [idOf(n), program]);
  expect(found?.places.map(({ decisionId, program }) => [decisionId, program])).toEqual(places);
}

/** In no window that ends with an offer there are more than the cap allows. */
function expectKept(cap: Cap, entries: readonly Entry[]): void {
  const offers = entries.flatMap(({ offer, placed }) => (placed && offer !== null ? [offer] : []));
  for (const last of offers) {
    const upTo = offers.filter(({ decidedAtMs }) => decidedAtMs <= last.decidedAtMs);
    expect(upTo.filter((offer) => isCounted(cap, offer, last.decidedAtMs)).length).toBeLessThanOrEqual(cap.max);
  }
}

/** Null of none. */
function pick<T>(from: readonly T[], which: number): T | null {
  return from[which % from.length] ?? null;
}

function isCounted(cap: Cap, offer: Offer, nowMs: number): boolean {
  if (!isOfKind(cap, offer)) return false;
  if (cap.window.kind === "rolling") return nowMs - offer.decidedAtMs < cap.window.spanMs;
  return Math.floor(offer.decidedAtMs / HOUR_MS) === Math.floor(nowMs / HOUR_MS);
}

function isOfKind(cap: Cap, kind: OfferKind): boolean {
  return [cap.program ?? kind.program, cap.action ?? kind.action, cap.channel ?? kind.channel].every(
    (wanted, i) => wanted === [kind.program, kind.action, kind.channel][i],
  );
}

function isSame(a: Subject, b: Subject): boolean {
  return a.scope === b.scope && a.id === b.id;
}

function anyCap(): fc.Arbitrary<Cap> {
  const hours: Cap["window"] = { kind: "calendar", every: "hour", timeZone: "UTC" };
  return fc.record({
    reason: fc.constantFrom("cap_reached" as const, "cooldown" as const),
    scope: fc.constantFrom("user" as const, "cluster" as const),
    program: fc.constantFrom(null, ...PROGRAMS),
    action: fc.constantFrom(null, "voucher_5", "push_1"),
    channel: fc.constantFrom(null, "email", "push"),
    max: fc.integer({ min: 1, max: 3 }),
    window: fc.oneof(
      fc.constant(hours),
      anyMs(6 * HOUR_MS).map((spanMs) => ({ kind: "rolling" as const, spanMs })),
    ),
  });
}

function anySteps(): fc.Arbitrary<readonly { readonly step: Step; readonly passedMs: number }[]> {
  const id = fc.constantFrom("a", "b");
  const which = fc.nat();
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        does: fc.constant("take" as const),
        user: id,
        cluster: fc.constantFrom("a", "b", null),
        program: fc.constantFrom(...PROGRAMS),
      }),
    },
    { weight: 6, arbitrary: fc.record({ does: fc.constant("offer" as const), which, action: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant("leave" as const), which }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("repeat" as const, "take back" as const), which }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant("forget" as const),
        subject: fc.record({ scope: fc.constantFrom("user" as const, "cluster" as const), id }),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ does: "reopen" as const }) },
  );
  const passedMs = fc.oneof({ weight: 3, arbitrary: anyMs(2 * GRID_MS) }, { weight: 1, arbitrary: anyMs(3 * HOUR_MS) });
  return fc.array(fc.record({ step, passedMs }), { maxLength: 40, size: "max" });
}

function anyMs(max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max: max / GRID_MS }).map((n) => n * GRID_MS);
}
