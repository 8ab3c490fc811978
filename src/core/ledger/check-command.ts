/** What every ledger asks of its caller. A breach is a programmer's error: the command is not carried out. */
import { invariant } from "../errors.ts";
import type { AccountId, LeaseHolder, Reservation, Settlement } from "../domain/budget.ts";
import type { LeaseDeclaration, LeaseReport, LeaseSync } from "../budget-ports.ts";
import type { LedgerCommand } from "./accounts.ts";

/** Names stand in keys and lists: no space, slash or brace. */
const NAME = /^[A-Za-z0-9_.:@+=-]{1,128}$/;
/** A time zone in it may have a slash, and a `#` parts the volume from the period. */
const PERIOD = /^[A-Za-z0-9_.:@/+=#-]{1,256}$/;
/** Ids of decisions and events, as the wire allows them. */
const ID = /^[A-Za-z0-9_.:@/+=-]{1,128}$/;

/** @throws Error naming what is not as it must be */
export function checkCommand(command: LedgerCommand): void {
  switch (command.kind) {
    case "sync":
      checkSync(command.sync);
      return;
    case "declare":
      checkDeclaration(command.declaration);
      return;
    case "settle":
      checkAccount(command.account);
      command.settlements.forEach(checkSettlement);
      return;
    case "reap":
      checkAccount(command.account);
      checkWhole(command.nowMs, "the time");
      checkWhole(command.limit, "the limit");
      return;
    case "writeOff":
      checkAccount(command.account);
      checkHolder(command.holder);
      return;
    default:
      command satisfies never;
  }
}

function checkSync(sync: LeaseSync): void {
  checkReport(sync);
  invariant(Number.isSafeInteger(sync.turn) && sync.turn >= 1, `a turn is a whole number from 1, got ${sync.turn}`);
  checkWhole(sync.want, "what is wanted");
  checkWhole(sync.giveBack, "what is given back");
  if (sync.recovery !== null) checkWhole(sync.recovery.nowMs, "the time");
}

function checkDeclaration(declaration: LeaseDeclaration): void {
  checkReport(declaration);
  declaration.known.forEach(checkHolder);
  const { held } = declaration;
  if (held === null) return;
  checkWhole(held.turn, "the turn held");
  checkWhole(held.granted, "what was granted");
  invariant(held.returned >= 0 && held.returned <= held.granted, "no more returned than was granted");
}

function checkReport({ account, terms, holder, seenOperations, spent, reservations }: LeaseReport): void {
  checkAccount(account);
  checkHolder(holder);
  checkWhole(seenOperations, "the operations seen");
  checkWhole(spent, "what was spent");
  checkWhole(terms.revision, "the revision");
  checkWhole(terms.amount, "the amount");
  checkWhole(terms.graceMs, "the grace");
  checkWhole(terms.leaseTtlMs, "the lease time");
  reservations.forEach(checkReservation);
}

/** Two periods of a budget, or two budgets, never share a key. */
function checkAccount({ budget, period }: AccountId): void {
  invariant(NAME.test(budget), "a budget's id has no spaces, slashes or braces");
  invariant(PERIOD.test(period), "a period's id has no spaces or braces");
}

function checkHolder({ replica, life }: LeaseHolder): void {
  invariant(NAME.test(replica), "a replica's id has no spaces, slashes or braces");
  invariant(Number.isSafeInteger(life) && life >= 1, `a life is a whole number from 1, got ${life}`);
}

function checkReservation({ id, amount, fixed, expiresAtMs }: Reservation): void {
  invariant(ID.test(id), "a reservation's id is a decision's id");
  checkWhole(amount, "the amount reserved");
  checkWhole(fixed, "the fixed part");
  invariant(fixed <= amount, () => `the fixed part is a part of the ${amount} reserved, got ${fixed}`);
  checkWhole(expiresAtMs, "the expiry");
}

function checkSettlement(settlement: Settlement): void {
  invariant(ID.test(settlement.reservationId), "a reservation's id is a decision's id");
  invariant(ID.test(settlement.eventId), "an event has an id");
  if (settlement.kind === "settle") checkWhole(settlement.amount, "what is settled");
}

function checkWhole(value: number, what: string): void {
  invariant(Number.isSafeInteger(value) && value >= 0, () => `${what} is a safe integer of at least 0, got ${value}`);
}
