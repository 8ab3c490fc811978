/**
 * Random histories against a model that knows nothing of how stores work: it keeps every offer for ever
 * and counts from the caps' own words. Windows of the model are rolling, or hours of UTC by division.
 */
import fc from "fast-check";
import { expect } from "vitest";
import { TemporalCalendar } from "../../src/adapters/temporal/calendar.ts";
import type { Cap } from "../../src/core/domain/cap.ts";
import type { Offer, Subject } from "../../src/core/domain/offer.ts";
import type { OfferHistory } from "../../src/core/ports.ts";
import { cappedCommit, HOUR_MS, idOf, NOW_MS } from "../support/offers.ts";
import { offersOf } from "./offer-history.ts";

const SEED = 20261125;
const PROGRAMS = ["reactivation", "loyalty"];
const ACTIONS = ["voucher_5", "push_1"];
const CHANNELS = ["email", "push", null];

interface Store {
  readonly history: OfferHistory;
  /** Another view of the same data, which may end the first: reopened, or another connection. */
  readonly again: () => Promise<Store>;
}

type Step =
  | { readonly does: "commit"; readonly user: string; readonly cluster: string | null; readonly kind: Kind }
  | { readonly does: "repeat" | "undo"; readonly which: number }
  | { readonly does: "forget"; readonly subject: Subject }
  | { readonly does: "reopen" };
type Kind = Pick<Offer, "program" | "action" | "channel">;

interface Made {
  readonly n: number;
  readonly offer: Offer;
  readonly subjects: readonly Subject[];
}

/** @param open an empty store; it is closed when the run is over */
export async function expectModelled(open: () => Promise<Store>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCap(), { maxLength: 4 }), anySteps(), async (caps, steps) => {
      await runAgainstModel(await open(), caps, steps);
    }),
    { seed: SEED, numRuns },
  );
}

async function runAgainstModel(
  opened: Store,
  caps: readonly Cap[],
  steps: readonly { readonly step: Step; readonly passedMs: number }[],
): Promise<void> {
  const calendar = new TemporalCalendar();
  let store = opened;
  /** What stands, and everything that was ever committed, to repeat and undo. */
  let standing: { readonly made: Made; readonly subject: Subject }[] = [];
  const committed: Made[] = [];
  let nowMs = NOW_MS;
  for (const [n, { step, passedMs }] of steps.entries()) {
    nowMs += passedMs;
    const past = committed.length === 0 || !("which" in step) ? null : committed[step.which % committed.length];
    if (step.does === "reopen") store = await store.again();
    if (step.does === "commit") {
      const offer = { ...step.kind, decidedAtMs: nowMs, expiresAtMs: nowMs + HOUR_MS };
      const subjects: Subject[] = [{ scope: "user", id: step.user }];
      if (step.cluster !== null) subjects.push({ scope: "cluster", id: step.cluster });
      const fits = subjects.every((subject) =>
        caps.every((cap) => !capBreaks(cap, offer, { subject, standing: offersIn(standing, subject) })),
      );
      const outcome = await store.history.commit(cappedCommit(n, offer, { caps, calendar, subjects }));
      expect(outcome).toBe(fits ? "committed" : "refused");
      if (!fits) continue;
      const made = { n, offer, subjects };
      committed.push(made);
      standing.push(...subjects.map((subject) => ({ made, subject })));
    }
    if (step.does === "repeat" && past !== null && past !== undefined && standsIn(standing, past)) {
      expect(await store.history.commit(cappedCommit(past.n, past.offer, { caps, calendar, ...past }))).toBe(
        "committed",
      );
    }
    if (step.does === "undo" && past !== null && past !== undefined) {
      await store.history.undo(idOf(past.n), past.subjects);
      standing = standing.filter(({ made }) => made !== past);
    }
    if (step.does === "forget") {
      await store.history.forget(step.subject);
      standing = standing.filter(({ subject }) => !isSame(subject, step.subject));
    }
    await expectRead(store.history, { standing, caps, nowMs });
  }
  await store.history.close();
}

/** A store holds all that a cap of its scope still counts or that is open, and nothing that does not stand. */
async function expectRead(
  history: OfferHistory,
  {
    standing,
    caps,
    nowMs,
  }: { standing: readonly { made: Made; subject: Subject }[]; caps: readonly Cap[]; nowMs: number },
): Promise<void> {
  for (const id of ["a", "b"]) {
    for (const scope of ["user", "cluster"] as const) {
      const subject = { scope, id };
      const stand = offersIn(standing, subject);
      const read = await offersOf(history, subject);
      for (const offer of read) expect(stand).toContainEqual(offer);
      const needed = stand.filter(
        (offer) =>
          (scope === "user" && offer.expiresAtMs > nowMs) ||
          caps.some((cap) => cap.scope === scope && isCounted(cap, offer, nowMs)),
      );
      expect(read.filter((offer) => needed.some(({ decidedAtMs }) => decidedAtMs === offer.decidedAtMs))).toEqual(
        needed,
      );
    }
  }
}

function capBreaks(
  cap: Cap,
  offer: Offer,
  { subject, standing }: { subject: Subject; standing: readonly Offer[] },
): boolean {
  if (cap.scope !== subject.scope || !isOfKind(cap, offer)) return false;
  return standing.filter((other) => isCounted(cap, other, offer.decidedAtMs)).length >= cap.max;
}

function isCounted(cap: Cap, offer: Offer, nowMs: number): boolean {
  if (!isOfKind(cap, offer)) return false;
  if (cap.window.kind === "rolling") return nowMs - offer.decidedAtMs < cap.window.spanMs;
  return Math.floor(offer.decidedAtMs / HOUR_MS) === Math.floor(nowMs / HOUR_MS);
}

function isOfKind(cap: Cap, offer: Offer): boolean {
  return [cap.program ?? offer.program, cap.action ?? offer.action, cap.channel ?? offer.channel].every(
    (wanted, i) => wanted === [offer.program, offer.action, offer.channel][i],
  );
}

function offersIn(
  standing: readonly { readonly made: Made; readonly subject: Subject }[],
  subject: Subject,
): readonly Offer[] {
  return standing.filter((entry) => isSame(entry.subject, subject)).map(({ made }) => made.offer);
}

/** Whether no part of it was forgotten or has gone: a repetition would be a new commit. */
function standsIn(standing: readonly { readonly made: Made }[], made: Made): boolean {
  return (
    standing.filter((entry) => entry.made === made).length === made.subjects.length && made === standing.at(-1)?.made
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
    action: fc.constantFrom(null, ...ACTIONS),
    channel: fc.constantFrom(null, "email", "push"),
    max: fc.integer({ min: 1, max: 3 }),
    window: fc.oneof(
      fc.constant(hours),
      fc.integer({ min: 1, max: 6 * HOUR_MS }).map((spanMs) => ({ kind: "rolling" as const, spanMs })),
    ),
  });
}

function anySteps(): fc.Arbitrary<readonly { readonly step: Step; readonly passedMs: number }[]> {
  const id = fc.constantFrom("a", "b");
  const commit = fc.record({
    does: fc.constant("commit" as const),
    user: id,
    cluster: fc.constantFrom("a", "b", null),
    kind: fc.record({
      program: fc.constantFrom(...PROGRAMS),
      action: fc.constantFrom(...ACTIONS),
      channel: fc.constantFrom(...CHANNELS),
    }),
  });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 8, arbitrary: commit },
    { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("repeat" as const, "undo" as const), which: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant("forget" as const),
        subject: fc.record({ scope: fc.constantFrom("user" as const, "cluster" as const), id }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ does: "reopen" as const }) },
  );
  const passedMs = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 3 * HOUR_MS }));
  return fc.array(fc.record({ step, passedMs }), { maxLength: 40 });
}
