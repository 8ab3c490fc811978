/**
 * The replica's side of a lease: what it may pay, what it has to tell, and the turn it takes next.
 *
 * A turn whose answer did not come is asked again unchanged. What is given back stops being paid before
 * the ledger is told; what is granted is paid only after it answered. A decision's money is debited when
 * it is decided and told once its record is in the log; until then it stays in the lease.
 */
import { invariant } from "../errors.ts";
import type { Reservation } from "../domain/budget.ts";
import { type GrantView, isScarce, surplus, topUp } from "./grant-size.ts";
import { Purse } from "./purse.ts";

/** The store serves nobody else while it takes a turn: some 0.5 ms for so many, in some 10 KB. */
const RESERVATIONS_PER_TURN = 64;

/** What a turn is for: `top-up` asks for more, `yield` returns what others may need, `leave` returns all. */
export type TurnPurpose = "top-up" | "yield" | "leave";

/** The part of a sync that is the lease's own. */
export interface Turn {
  readonly turn: number;
  readonly want: number;
  readonly giveBack: number;
  readonly spent: number;
  readonly reservations: readonly Reservation[];
}

export interface LeaseTurnsOptions {
  /** `reserved`: money, held until its outcome. `counted`: units that are spent when they are decided. */
  readonly kind: "reserved" | "counted";
  /** The most that one decision may take, ≥ 1. */
  readonly largestOffer: () => number;
}

export class LeaseTurns {
  readonly purse = new Purse();
  readonly #options: LeaseTurnsOptions;
  readonly #untold: Reservation[] = [];
  #counted = 0;
  #turn = 0;
  #underWay: Turn | null = null;
  /** What the ledger confirmed to know: in reservations, and counted. */
  #toldReserved = 0;
  #toldCounted = 0;

  constructor(options: LeaseTurnsOptions) {
    this.#options = options;
  }

  /** Decisions in the log that the ledger has not confirmed to know. */
  get untold(): readonly Reservation[] {
    return this.#untold;
  }

  get counted(): number {
    return this.#counted;
  }

  /** Whether there is something to tell. */
  get hasNews(): boolean {
    return this.#untold.length > 0 || this.#counted > this.#toldCounted;
  }

  /** Whether more waits to be told than one turn takes. */
  get isBehind(): boolean {
    return this.#untold.length >= RESERVATIONS_PER_TURN;
  }

  /** Whether all that was debited was logged and told, and the rest given back: the lease is empty. */
  get isEven(): boolean {
    return this.purse.granted - this.purse.returned === this.#toldReserved + this.#toldCounted;
  }

  /** The debited decision is in the decision log. */
  logged(reservation: Reservation): void {
    const { amount, fixed } = reservation;
    invariant(amount <= this.purse.granted, () => `at most the ${this.purse.granted} granted is logged, got ${amount}`);
    invariant(fixed >= 0 && fixed <= amount, () => `the fixed part is a part of the ${amount} reserved, got ${fixed}`);
    if (this.#options.kind === "counted") this.#counted += amount;
    else this.#untold.push(reservation);
  }

  /** What would be asked for now. */
  wanted(view: GrantView): number {
    return topUp(view, { largestOffer: this.#options.largestOffer(), balance: this.purse.balance });
  }

  /** Whether turns bring little, however often they are taken. */
  isScarce(view: GrantView): boolean {
    return isScarce(view, this.#options.largestOffer());
  }

  /** The turn under way, or a new one. */
  next(purpose: TurnPurpose, view: GrantView): Turn {
    if (this.#underWay !== null) return this.#underWay;
    const giveBack = this.#giveBack(purpose, view);
    this.purse.giveBack(giveBack);
    this.#underWay = {
      turn: this.#turn + 1,
      want: purpose === "top-up" ? this.wanted(view) : 0,
      giveBack,
      spent: this.#counted,
      reservations: this.#untold.slice(0, RESERVATIONS_PER_TURN),
    };
    return this.#underWay;
  }

  /** The turn under way was taken; the lease pays until `paysUntilMs` of the monotonic clock. */
  conclude(granted: number, paysUntilMs: number): void {
    const done = this.#underWay;
    invariant(done !== null, "an answer to the turn that is under way");
    this.#underWay = null;
    this.#turn = done.turn;
    this.tell(done);
    this.purse.fill(granted, paysUntilMs);
  }

  /** The ledger knows of these: the longest waiting of those untold, and so many counted in all. */
  tell({ reservations, spent }: Pick<Turn, "reservations" | "spent">): void {
    for (const { amount } of this.#untold.splice(0, reservations.length)) this.#toldReserved += amount;
    this.#toldCounted = spent;
  }

  /** The lease as of the last answered turn: what the turn under way gives back is not returned yet. */
  held() {
    const returned = this.purse.returned - (this.#underWay?.giveBack ?? 0);
    return { turn: this.#turn, granted: this.purse.granted, returned };
  }

  #giveBack(purpose: TurnPurpose, view: GrantView): number {
    const { balance } = this.purse;
    if (purpose === "leave") return balance;
    return purpose === "yield" ? surplus(view, { largestOffer: this.#options.largestOffer(), balance }) : 0;
  }
}
