/**
 * A small world around one account: replicas that spend what they hold and log it, a network that loses
 * and repeats, outcomes that come early, late and twice, processes that die, and a store that goes back
 * in time. After every step the account is audited.
 *
 * - While the store forgets nothing every figure is that of the reference books.
 * - Always: what is owed for logged decisions, and what replicas could still pay, is within the amount.
 */

import assert from "node:assert/strict";
import type { AccountId, AccountView, BudgetTerms, Reservation, Settlement } from "../../src/core/domain/budget.ts";
import type { Ledger, LeaseAnswer, LeaseSync } from "../../src/core/budget-ports.ts";
import { ReferenceBooks } from "./ledger-reference.ts";

export interface LedgerStore extends Ledger {
  /** Takes a copy of everything. */
  save(): Promise<void>;
  /** Another run of the store, with the copy. */
  restore(): Promise<void>;
  /** Another run of the store, with everything. */
  restart(): Promise<void>;
  /** The same run of the store, with the copy. */
  rewind(): Promise<void>;
  /** The same run of the store, with nothing. */
  erase(): Promise<void>;
}

export interface WorldOptions {
  readonly store: LedgerStore;
  readonly account: AccountId;
  readonly reserve: BudgetTerms["reserve"];
  /** `forgets`: the store goes back in time, too. `rebuilds`: it restarts, and that changes nothing. */
  readonly memory: "remembers" | "rebuilds" | "forgets";
}

const REPLICAS = 3;
const LEASE_TTL_MS = 100;
const GRACE_MS = 5;
const LARGEST_OFFER = 9;
const FIRST_AMOUNT = 50;

interface Life {
  readonly holder: { readonly replica: string; readonly life: number };
  readonly log: Reservation[];
}

interface Replica extends Life {
  /** Earlier lives, the first one first. */
  readonly past: readonly Life[];
  turn: number;
  granted: number;
  returned: number;
  spent: number;
  reported: number;
  paysUntilMs: number;
  contactMs: number;
  underWay: LeaseSync | null;
  view: AccountView | null;
  recovery: { readonly token: string; readonly sinceMs: number } | null;
  /** A process that ended is not there again before this. */
  readonly awayUntilMs: number;
}

/** What is true of a decision, whoever knows it. */
interface Truth {
  readonly reservation: Reservation;
  fate: "open" | "settled" | "voided" | "expired";
  settled: number;
}

/** The steps, by how often they are taken. */
const STEPS = [
  ["spend", 10],
  ["sync", 8],
  ["loseAnswer", 2],
  ["loseRequest", 1],
  ["repeat", 1],
  ["settle", 5],
  ["settleAgain", 1],
  ["void", 2],
  ["reap", 2],
  ["pass", 3],
  ["change", 1],
  ["die", 2],
] as const;
const RESTARTING_STEPS = [...STEPS, ["restart", 4]] as const;
const FORGETFUL_STEPS = [...STEPS, ["save", 3], ["restore", 2], ["restart", 1], ["rewind", 1], ["erase", 1]] as const;
const STEPS_OF = { remembers: STEPS, rebuilds: RESTARTING_STEPS, forgets: FORGETFUL_STEPS } as const;
/** What a replica does, and one that is away does not. */
const OWN_STEPS: ReadonlySet<Step> = new Set<Step>(["spend", "sync", "loseAnswer", "repeat", "loseRequest", "die"]);
type Step = (typeof FORGETFUL_STEPS)[number][0];

export class LedgerWorld {
  readonly #options: WorldOptions;
  readonly #books: ReferenceBooks;
  readonly #replicas: Replica[];
  readonly #truths = new Map<string, Truth>();
  readonly #ids: string[] = [];
  /** Every settlement that was answered: what outcome logs hold. */
  readonly #outcomes: Settlement[] = [];
  readonly #steps: readonly Step[];
  #terms: BudgetTerms;
  #mostAmount = FIRST_AMOUNT;
  #nowMs = 1_000;
  #events = 0;
  /** How far the account of the copy was; null without a copy. */
  #savedOperations: number | null = null;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#terms = {
      revision: 1,
      amount: FIRST_AMOUNT,
      reserve: options.reserve,
      graceMs: GRACE_MS,
      leaseTtlMs: LEASE_TTL_MS,
    };
    this.#books = new ReferenceBooks(this.#terms);
    this.#replicas = Array.from({ length: REPLICAS }, (_, i) => born(`r${i}`, 1, []));
    const steps = STEPS_OF[options.memory];
    this.#steps = steps.flatMap(([step, weight]) => new Array<Step>(weight).fill(step));
  }

  /** Opens the account, takes the steps that the numbers stand for, and audits after each. */
  async live(numbers: readonly number[]): Promise<void> {
    await this.#open();
    for (const number of numbers) {
      const draws = drawsFrom(number);
      await this.#take(this.#steps[draws(this.#steps.length)] as Step, draws);
      await this.#audit();
    }
    await this.#end();
  }

  /** A store that may have forgotten the account waits one lease time before it grants. */
  async #open(): Promise<void> {
    await this.#sync(this.#replicas[0] as Replica, { want: 0, giveBack: 0 });
    this.#nowMs += LEASE_TTL_MS;
    await this.#sync(this.#replicas[0] as Replica, { want: 0, giveBack: 0 });
    await this.#audit();
  }

  async #take(step: Step, draws: (below: number) => number): Promise<void> {
    const replica = this.#replicas[draws(REPLICAS)] as Replica;
    if (this.#isAway(replica) && OWN_STEPS.has(step)) return;
    const turn = { want: draws(40), giveBack: draws(4) === 0 ? draws(balanceOf(replica) + 1) : 0 };
    switch (step) {
      case "spend":
        return this.#spend(replica, draws);
      case "sync":
        return await this.#sync(replica, turn);
      case "loseAnswer":
        return await this.#sync(replica, turn, "lose");
      case "repeat":
        return await this.#sync(replica, turn, "repeat");
      case "loseRequest":
        replica.underWay ??= this.#turnOf(replica, turn);
        return;
      case "settle":
        return await this.#settle(this.#settlement(draws));
      case "settleAgain": {
        const again = this.#outcomes[draws(Math.max(1, this.#outcomes.length))];
        if (again !== undefined) await this.#settle(again);
        return;
      }
      case "void":
        return await this.#void(draws);
      case "reap":
        return await this.#reap(draws(4));
      case "pass":
        return await this.#pass(draws(40));
      case "change":
        return this.#change(draws(60));
      case "die":
        this.#replicas[this.#replicas.indexOf(replica)] = reborn(replica, this.#nowMs + draws(2) * draws(500));
        return;
      case "save":
        await this.#options.store.save();
        this.#savedOperations = (await this.#options.store.view(this.#options.account))?.operations ?? 0;
        return;
      case "restore":
        if (this.#savedOperations !== null && this.#isAnyoneForgotten()) return;
        return await (this.#savedOperations !== null ? this.#options.store.restore() : this.#options.store.restart());
      case "restart":
        return await this.#options.store.restart();
      case "rewind":
        return await this.#rewind();
      case "erase":
        if (!this.#isAnyoneForgotten()) await this.#options.store.erase();
        return;
      default:
        step satisfies never;
    }
  }

  #spend(replica: Replica, draws: (below: number) => number): void {
    const amount = 1 + draws(LARGEST_OFFER);
    if (replica.paysUntilMs <= this.#nowMs || amount > balanceOf(replica)) return;
    const id = `d${String(this.#ids.length).padStart(4, "0")}`;
    const reservation = { id, amount, fixed: draws(amount + 1), expiresAtMs: this.#nowMs + draws(100) };
    replica.spent += amount;
    replica.log.push(reservation);
    this.#ids.push(id);
    this.#truths.set(id, { reservation, fate: "open", settled: 0 });
  }

  async #sync(replica: Replica, turn: Wish, fate: "deliver" | "lose" | "repeat" = "deliver"): Promise<void> {
    if (replica.turn === 0 && replica.underWay === null) {
      await this.#closeEarlier(replica, await this.#options.store.view(this.#options.account));
    }
    replica.underWay ??= this.#turnOf(replica, turn);
    const { recovery } = replica;
    const waited =
      recovery === null
        ? null
        : { token: recovery.token, waitedMs: this.#nowMs - recovery.sinceMs, nowMs: this.#nowMs };
    const seenOperations = replica.view?.operations ?? 0;
    const asked: LeaseSync = { ...replica.underWay, seenOperations, recovery: waited };
    const sentMs = this.#nowMs;
    let answer = await this.#ask(replica, asked);
    if (fate === "repeat") answer = await this.#ask(replica, asked);
    if (fate !== "lose") await this.#hear(replica, answer, sentMs);
  }

  async #ask(replica: Replica, asked: LeaseSync): Promise<LeaseAnswer> {
    const answer = await this.#options.store.sync(asked);
    if (this.#options.memory !== "forgets" && answer.kind === "synced") {
      assert.equal(answer.granted, this.#books.turn(leaseOf(replica), asked));
    }
    return answer;
  }

  async #hear(replica: Replica, answer: LeaseAnswer, sentMs: number): Promise<void> {
    const seen = replica.view;
    replica.view = answer.view;
    replica.contactMs = sentMs;
    assert.notEqual(answer.kind, "fenced");
    if (answer.kind === "synced") {
      const done = replica.underWay;
      replica.turn = done?.turn ?? replica.turn;
      replica.reported += done?.reservations.length ?? 0;
      replica.granted = answer.granted;
      replica.paysUntilMs = sentMs + LEASE_TTL_MS;
      replica.underWay = null;
      replica.recovery = null;
      return await this.#closeEarlier(replica, answer.view);
    }
    replica.paysUntilMs = 0;
    const token = answer.view.recovery ?? "";
    const awaited = answer.view.awaited.some(({ replica: name, life }) => `${name}/${life}` === keyOf(replica));
    const news = replica.recovery?.token !== token;
    if (news) replica.recovery = { token, sinceMs: this.#nowMs };
    if (news || awaited) await this.#declare(replica, seen);
    await this.#closeEarlier(replica, answer.view);
  }

  async #declare(replica: Replica, seen: AccountView | null): Promise<void> {
    const { store, account } = this.#options;
    // What the turn under way gives back is not the store's before the turn is answered.
    const returned = replica.returned - (replica.underWay?.giveBack ?? 0);
    const held = { turn: replica.turn, granted: replica.granted, returned };
    const known = [...(seen?.holders ?? []), ...(seen?.closed ?? [])];
    const view = await store.declare({ ...this.#reportOf(replica, []), held, known, end: "more" });
    await store.settle(account, this.#outcomes);
    await this.#closeEarlier(replica, view);
    replica.view = await store.declare({ ...this.#reportOf(replica, replica.log), held, known: [], end: "whole" });
  }

  /** Earlier lives that the store names, or does not know to be closed, are closed from their logs, in order. */
  async #closeEarlier(replica: Replica, view: AccountView | null): Promise<void> {
    const closed = view?.closed.find((holder) => holder.replica === replica.holder.replica)?.life ?? 0;
    const open = new Set((view?.holders ?? []).map((holder) => keyOf({ holder })));
    for (const life of replica.past) {
      if (life.holder.life > closed || open.has(keyOf(life))) await this.#closeLife(replica, life);
    }
  }

  async #closeLife(replica: Replica, life: Life): Promise<void> {
    const report = { ...this.#reportOf(replica, life.log), holder: life.holder };
    await this.#options.store.declare({ ...report, held: null, known: [], end: "closed" });
    this.#books.change(this.#terms);
    this.#books.closeLease(leaseOf(life), life.log);
  }

  #turnOf(replica: Replica, { want, giveBack }: Wish): LeaseSync {
    replica.returned += giveBack;
    const reservations = replica.log.slice(replica.reported);
    return { ...this.#reportOf(replica, reservations), turn: replica.turn + 1, want, giveBack, recovery: null };
  }

  #reportOf(replica: Replica, reservations: readonly Reservation[]) {
    return {
      account: this.#options.account,
      terms: this.#terms,
      holder: replica.holder,
      seenOperations: replica.view?.operations ?? 0,
      spent: 0,
      reservations: [...reservations],
    };
  }

  #settlement(draws: (below: number) => number): Settlement {
    const eventId = `e${++this.#events}`;
    const id = this.#ids[draws(Math.max(1, this.#ids.length))] ?? "unknown";
    const reserved = this.#truths.get(id)?.reservation.amount ?? 3;
    const amount = draws(8) === 0 ? reserved + 1 + draws(5) : draws(reserved + 1);
    return { kind: "settle", eventId, reservationId: id, amount };
  }

  async #void(draws: (below: number) => number): Promise<void> {
    const id = this.#ids[draws(Math.max(1, this.#ids.length))];
    if (id !== undefined) await this.#settle({ kind: "void", eventId: `e${++this.#events}`, reservationId: id });
  }

  async #settle(settlement: Settlement): Promise<void> {
    const [result] = await this.#options.store.settle(this.#options.account, [settlement]);
    if (this.#options.memory !== "forgets") assert.deepEqual(result, this.#books.settle(settlement));
    if (result === undefined || NOTHING_NEW.has(result.kind)) return;
    this.#outcomes.push(settlement);
    const truth = this.#truths.get(settlement.reservationId);
    if (truth === undefined || truth.fate === "settled" || truth.fate === "voided") return;
    // Time had ended the offer, and the store knew of its outcome first.
    if (truth.fate === "expired" && result.kind === "overrun") return;
    truth.fate = settlement.kind === "void" ? "voided" : "settled";
    truth.settled = settlement.kind === "void" ? 0 : Math.min(settlement.amount, truth.reservation.amount);
  }

  async #reap(limit: number): Promise<void> {
    const reaped = await this.#options.store.reap(this.#options.account, { nowMs: this.#nowMs, limit });
    if (this.#options.memory !== "forgets") assert.equal(reaped, this.#books.reap(this.#nowMs, limit));
  }

  /** Whether the store already did it or will: nobody may honour an offer so late. */
  #expireTruths(): void {
    for (const truth of this.#truths.values()) {
      if (truth.fate === "open" && truth.reservation.expiresAtMs + GRACE_MS <= this.#nowMs) truth.fate = "expired";
    }
  }

  /** Time passes; whoever was not heard for half a lease time asks again, as holders do. */
  async #pass(ms: number): Promise<void> {
    this.#nowMs += ms;
    for (const replica of this.#replicas) {
      if (this.#isAway(replica)) continue;
      if (this.#nowMs - replica.contactMs >= LEASE_TTL_MS / 2) await this.#sync(replica, { want: 0, giveBack: 0 });
    }
  }

  #change(amount: number): void {
    this.#terms = { ...this.#terms, revision: this.#terms.revision + 1, amount };
    this.#mostAmount = Math.max(this.#mostAmount, amount);
  }

  /** No new run tells of it: whoever saw most comes first, or nobody could know. */
  async #rewind(): Promise<void> {
    const [most] = this.#replicas
      .filter((replica) => !this.#isAway(replica) && replica.view !== null && replica.turn > 0)
      .toSorted((a, b) => (b.view?.operations ?? 0) - (a.view?.operations ?? 0));
    if (this.#savedOperations === null || (most?.view?.operations ?? 0) <= this.#savedOperations) return;
    if (most === undefined || this.#isAnyoneForgotten()) return;
    await this.#options.store.rewind();
    await this.#sync(most, { want: 0, giveBack: 0 });
  }

  /** Whether the last life of a replica that is away is known to no replica that is there: the corner that stays open. */
  #isAnyoneForgotten(): boolean {
    const seen = new Set<string>();
    for (const replica of this.#replicas) {
      if (this.#isAway(replica)) continue;
      for (const holder of replica.view?.holders ?? []) seen.add(keyOf({ holder }));
      for (const holder of replica.view?.closed ?? []) seen.add(keyOf({ holder }));
      for (const life of replica.past) seen.add(keyOf(life));
    }
    return this.#replicas.some((replica) => {
      const last = replica.past.at(-1);
      return this.#isAway(replica) && last !== undefined && !seen.has(keyOf(last));
    });
  }

  #isAway(replica: Replica): boolean {
    return replica.awayUntilMs > this.#nowMs;
  }

  async #audit(): Promise<void> {
    const view = await this.#options.store.view(this.#options.account);
    if (view === null) return;
    assert.equal(view.available + view.leased + view.pending + view.settled, view.amount);
    for (const figure of [view.leased, view.pending, view.settled, view.overrun, view.forgotten]) {
      assert.ok(figure >= 0, `no figure is negative, got ${figure}`);
    }
    if (this.#options.memory !== "forgets") assert.deepEqual({ ...view, ...this.#books.figures() }, view);
    this.#expireTruths();
    let owed = 0;
    for (const truth of this.#truths.values()) owed += owedFor(truth);
    for (const replica of this.#replicas) if (replica.paysUntilMs > this.#nowMs) owed += balanceOf(replica);
    assert.ok(owed <= this.#mostAmount, `overspent: ${owed} of ${this.#mostAmount}`);
  }

  /** Everybody comes back, reports and leaves; everything falls due: nothing is held any more. */
  async #end(): Promise<void> {
    this.#nowMs += 1_000;
    for (let round = 0; round < 4; round++) {
      this.#nowMs += LEASE_TTL_MS;
      for (const replica of this.#replicas) await this.#sync(replica, { want: 0, giveBack: 0 });
    }
    for (const replica of this.#replicas) await this.#closeLife(replica, replica);
    this.#nowMs += 1_000;
    await this.#reap(10_000);
    const view = await this.#options.store.view(this.#options.account);
    assert.deepEqual({ ...view, recovery: null, leased: 0, pending: 0, awaited: [], holders: [] }, view);
    await this.#audit();
  }
}

const NOTHING_NEW: ReadonlySet<string> = new Set(["unknown_account", "conflict", "duplicate"]);

interface Wish {
  readonly want: number;
  readonly giveBack: number;
}

function owedFor({ fate, reservation, settled }: Truth): number {
  if (fate === "open") return reservation.amount;
  if (fate === "expired") return reservation.fixed;
  return settled;
}

function balanceOf({ granted, returned, spent }: Replica): number {
  return granted - returned - spent;
}

function keyOf({ holder }: Pick<Life, "holder">): string {
  return `${holder.replica}/${holder.life}`;
}

function leaseOf(life: Pick<Life, "holder">): string {
  return `lease:${keyOf(life)}`;
}

function reborn(replica: Replica, awayUntilMs: number): Replica {
  const { holder, log, past } = replica;
  const asked = replica.turn > 0 || replica.underWay !== null;
  return { ...born(holder.replica, holder.life + 1, asked ? [...past, { holder, log }] : past), awayUntilMs };
}

function born(replica: string, life: number, past: readonly Life[]): Replica {
  return {
    holder: { replica, life },
    log: [],
    past,
    turn: 0,
    granted: 0,
    returned: 0,
    spent: 0,
    reported: 0,
    paysUntilMs: 0,
    contactMs: 0,
    underWay: null,
    view: null,
    recovery: null,
    awayUntilMs: 0,
  };
}

/** Small draws out of one number: what shrinks together. */
function drawsFrom(number: number): (below: number) => number {
  let rest = number >>> 0;
  return (below) => {
    rest = (Math.imul(rest, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((rest / 2 ** 32) * below);
  };
}
