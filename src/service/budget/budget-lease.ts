/**
 * One replica's lease on one account: paid out of on the spot, kept in step with the ledger.
 *
 * It pays for one lease time from when the request that renewed it was sent. A ledger that may have
 * forgotten something stops it at once, until everybody has declared what they hold. Leases of earlier
 * lives of this replica are closed from the decision log whenever the ledger or the book names one.
 */
import type { AccountId, AccountView, BudgetTerms, LeaseHolder, Reservation } from "../../core/domain/budget.ts";
import type { GrantView } from "../../core/ledger/grant-size.ts";
import { LeaseTurns, type LeaseTurnsOptions, type TurnPurpose } from "../../core/ledger/lease-turns.ts";
import type { Ledger, LeaseAnswer, LeaseBook, LeaseReport, SpendingHistory } from "../../core/budget-ports.ts";
import { declareLease, type Declaring, settleAgain } from "./declare-lease.ts";

export interface BudgetLeaseOptions extends LeaseTurnsOptions {
  readonly ledger: Pick<Ledger, "sync" | "declare" | "settle" | "view">;
  readonly book: LeaseBook;
  readonly history: SpendingHistory;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970 that no change of the wall clock moves: see `steadyClock`. */
  readonly clock: () => number;
  readonly account: AccountId;
  readonly terms: BudgetTerms;
}

interface Recovery {
  readonly token: string;
  readonly sinceMs: number;
}

export class BudgetLease {
  readonly #options: BudgetLeaseOptions;
  readonly #declaring: Declaring;
  readonly #turns: LeaseTurns;
  #terms: BudgetTerms;
  #view: AccountView | null = null;
  /** The holders, open or closed, when the ledger last remembered everything. */
  #known: readonly LeaseHolder[] = [];
  #recovery: Recovery | null = null;
  /** The recovery in which all was declared. */
  #declaredIn: string | null = null;
  #standing: "new" | "open" | "fenced" = "new";

  constructor(options: BudgetLeaseOptions) {
    this.#options = options;
    this.#declaring = options;
    this.#turns = new LeaseTurns(options);
    this.#terms = options.terms;
  }

  get account(): AccountId {
    return this.#options.account;
  }

  get terms(): BudgetTerms {
    return this.#terms;
  }

  /** The account as last seen; null before the first answer. */
  get view(): AccountView | null {
    return this.#view;
  }

  /** Whether the ledger recovers, and this lease pays nothing meanwhile. */
  get isRecovering(): boolean {
    return this.#recovery !== null;
  }

  /** Whether the ledger will never let this lease pay again. */
  get isFenced(): boolean {
    return this.#standing === "fenced";
  }

  /** Whether decisions wait to be told. */
  get hasNews(): boolean {
    return this.#turns.hasNews;
  }

  /**
   * Whether to take a turn at once: it would bring money, or more is to be told than one turn takes. A ledger that
   * recovers takes no turns.
   */
  get isPressed(): boolean {
    if (this.isRecovering) return false;
    if (this.#turns.isBehind) return true;
    return !this.isFenced && this.#turns.wanted(this.#latest()) > 0;
  }

  /** Whether it may pay now, if only nothing is left. */
  get isPaying(): boolean {
    return this.#turns.purse.pays(this.#options.now());
  }

  /** Whether the account is nearly empty: turns bring little, however often they are taken. */
  get isScarce(): boolean {
    return this.#turns.isScarce(this.#latest());
  }

  /** What may be paid now. */
  available(): number {
    return this.#turns.purse.available(this.#options.now());
  }

  /** Pays for a decision. The caller saw that much available on the same turn of the event loop. */
  debit(amount: number): void {
    this.#turns.purse.debit(amount);
  }

  /** Takes back a debit whose decision will never be in the log. */
  credit(amount: number): void {
    this.#turns.purse.credit(amount);
  }

  /** The debited decision is in the decision log, as durable as it will be. */
  logged(reservation: Reservation): void {
    this.#turns.logged(reservation);
  }

  /** Other terms from the next turn on. The ledger keeps those of the highest revision. */
  change(terms: BudgetTerms): void {
    this.#terms = terms;
  }

  /**
   * One exchange with the ledger. Calls must not overlap; after a failure the same turn is asked again.
   *
   * @throws LiftgateError `ledger_unavailable`, and what the book and the history throw
   */
  async exchange(purpose: TurnPurpose): Promise<LeaseAnswer["kind"]> {
    if (this.#standing === "new") await this.#open();
    if (this.isFenced) return await this.#tellFenced();
    const sentMs = this.#options.now();
    const turn = this.#turns.next(purpose, this.#latest());
    const answer = await this.#options.ledger.sync({ ...this.#report(), ...turn, recovery: this.#waited(sentMs) });
    await this.#hear(answer, sentMs);
    return answer.kind;
  }

  /**
   * Reports and returns all of it and closes the lease. What was debited and is not in the log keeps it
   * open: the next life of the replica closes it from the log. Whether it is closed.
   */
  async leave(): Promise<boolean> {
    if (this.#standing === "new") return true;
    do {
      if ((await this.exchange("leave")) !== "synced") return this.isFenced;
    } while (this.hasNews || this.#turns.purse.balance > 0);
    if (!this.#turns.isEven) return false;
    await this.#options.ledger.declare({ ...this.#report(), held: this.#turns.held(), known: [], end: "closed" });
    return true;
  }

  /** Closes what earlier lives left open, without a lease of this one: all that a past period needs of a start. */
  async closeEarlierLives(): Promise<void> {
    await this.#closeEarlier(await this.#options.ledger.view(this.account));
  }

  /** What earlier lives spent is known before this one asks for more. */
  async #open(): Promise<void> {
    await this.closeEarlierLives();
    await this.#options.book.remember(this.account);
    this.#standing = "open";
  }

  /** Earlier lives whose leases the ledger names, or does not know to be closed, are closed from the log. */
  async #closeEarlier(view: AccountView | null): Promise<void> {
    const { holder, lives } = this.#earlier(view);
    for (const life of lives) {
      const ended = { holder: { ...holder, life }, spent: 0, held: null, known: [], end: "closed" } as const;
      await declareLease(this.#declaring, { ...this.#report(), ...ended });
    }
  }

  #earlier(view: AccountView | null) {
    const { book, account } = this.#options;
    const { holder } = book;
    const closed = view?.closed.find(({ replica }) => replica === holder.replica)?.life ?? 0;
    const open = (view?.holders ?? []).filter(({ replica }) => replica === holder.replica);
    const unknown = book.lives(account).filter(({ life }) => life > closed);
    const lives = new Set([...open, ...unknown].map(({ life }) => life).filter((life) => life < holder.life));
    // In order: one that is closed says that those before it are known.
    return { holder, lives: [...lives].toSorted((a, b) => a - b) };
  }

  async #hear(answer: LeaseAnswer, sentMs: number): Promise<void> {
    this.#view = answer.view;
    if (answer.kind === "unconfirmed") return;
    if (answer.kind === "fenced") {
      this.#turns.purse.stop();
      this.#standing = "fenced";
      await this.#tellFenced();
      return;
    }
    if (answer.kind === "recovering") return await this.#recover(answer.view);
    this.#recovery = null;
    this.#known = [...answer.view.holders, ...answer.view.closed];
    this.#turns.conclude(answer.granted, sentMs + this.#terms.leaseTtlMs);
    await this.#closeEarlier(answer.view);
  }

  /** Declares all once in each recovery, and again if the ledger forgot that too. */
  async #recover(view: AccountView): Promise<void> {
    this.#turns.purse.stop();
    const token = view.recovery ?? "";
    if (this.#recovery?.token !== token) this.#recovery = { token, sinceMs: this.#options.now() };
    const { ledger, book, account } = this.#options;
    const { replica, life } = book.holder;
    const isAwaited = view.awaited.some((holder) => holder.replica === replica && holder.life === life);
    if (this.#declaredIn === token && !isAwaited) return await this.#closeEarlier(view);
    const held = this.#turns.held();
    // From the first word on the recovery waits for the last, however long the log.
    const heard = await ledger.declare({ ...this.#report(), held, known: this.#known, end: "more" });
    await settleAgain(this.#declaring, account);
    await this.#closeEarlier(heard);
    await declareLease(this.#declaring, { ...this.#report(), held, known: [], end: "whole" });
    this.#declaredIn = token;
  }

  /**
   * An operator wrote the lease off, or another process has a later life of this replica. What it spent
   * is told all the same, as that of a life that ended.
   */
  async #tellFenced(): Promise<"fenced"> {
    if (!this.hasNews) return "fenced";
    const report = { ...this.#report(), reservations: [...this.#turns.untold] };
    await this.#options.ledger.declare({ ...report, held: null, known: [], end: "closed" });
    this.#turns.tell(report);
    return "fenced";
  }

  #report(): LeaseReport {
    const { account, book } = this.#options;
    const seenOperations = this.#view?.operations ?? 0;
    const { counted: spent } = this.#turns;
    return { account, terms: this.#terms, holder: book.holder, seenOperations, spent, reservations: [] };
  }

  #waited(nowMs: number) {
    if (this.#recovery === null) return null;
    const { token, sinceMs } = this.#recovery;
    return { token, waitedMs: Math.floor(nowMs - sinceMs), nowMs: Math.floor(this.#options.clock()) };
  }

  /** Before the first answer all that is known of the account is what the program grants it. */
  #latest(): GrantView {
    const { amount } = this.#terms;
    return this.#view ?? { amount, available: amount, overrun: 0, holders: [] };
  }
}
