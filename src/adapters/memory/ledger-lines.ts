/**
 * The lines of the embedded ledger's file: what a snapshot held, then every command since.
 *
 *     <crc32 in 8 hexadecimal digits> {"kind":"account",…}      one for each account
 *     <crc32> {"kind":"reservation",…}                           one for each reservation of it
 *     <crc32> {"kind":"command",…}                               applied again in order
 *
 * The checksum tells damage from what was written, digit by digit; a whole line needs no other check.
 */
import { crc32 } from "node:zlib";
import type { BudgetTerms } from "../../core/domain/budget.ts";
import { type Account, type Lease, leaseKey, newAccount, type ReservationState } from "../../core/ledger/account.ts";
import { type Accounts, type LedgerCommand, reapply } from "../../core/ledger/accounts.ts";
import { invariant } from "../../core/errors.ts";
import type { LineForm } from "./journal.ts";

/** The largest command is a report of some hundred reservations of 300 bytes. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
const CHECKSUM_DIGITS = 8;

export type LedgerLine =
  | { readonly kind: "account"; readonly key: string; readonly state: AccountLine }
  | { readonly kind: "reservation"; readonly key: string; readonly id: string; readonly state: ReservationState }
  | { readonly kind: "command"; readonly command: LedgerCommand };

/** An account without its reservations. */
interface AccountLine {
  readonly terms: BudgetTerms;
  readonly store: string;
  readonly recovery: string | null;
  readonly operations: number;
  readonly leased: number;
  readonly pending: number;
  readonly settled: number;
  readonly overrun: number;
  readonly forgotten: number;
  readonly leases: readonly Lease[];
  readonly closed: readonly (readonly [string, number])[];
}

export function commandLine(command: LedgerCommand): string {
  return checked({ kind: "command", command });
}

/** The accounts as they are, without reservations that ended and fell due before `forgetBeforeMs`. */
export function* snapshotLines(accounts: Accounts, forgetBeforeMs: number): Generator<string> {
  for (const [key, account] of accounts) {
    const { reservations, due: _, leases, closed, ...sums } = account;
    yield checked({ kind: "account", key, state: { ...sums, leases: [...leases.values()], closed: [...closed] } });
    for (const [id, state] of reservations) {
      if (!isLongOver(state, forgetBeforeMs)) yield checked({ kind: "reservation", key, id, state });
    }
  }
}

/** Lets go of the reservations that such a snapshot left out: commands to come find what the file has. */
export function forgetEnded(accounts: Accounts, forgetBeforeMs: number): void {
  for (const { reservations } of accounts.values()) {
    for (const [id, state] of reservations) if (isLongOver(state, forgetBeforeMs)) reservations.delete(id);
  }
}

function isLongOver({ state, dueMs }: ReservationState, forgetBeforeMs: number): boolean {
  return state !== "pending" && state !== "early" && dueMs < forgetBeforeMs;
}

export const LEDGER_LINE: LineForm<LedgerLine> = {
  bytesMax: LINE_BYTES_MAX,
  parse,
  remedy:
    "is not what the ledger wrote: restore the file from a copy; what was spent since is repaired from the decision log",
};

/** Puts the line back into the accounts. */
export function placeLine(accounts: Accounts, line: LedgerLine): void {
  if (line.kind === "command") {
    reapply(accounts, line.command);
  } else if (line.kind === "account") {
    accounts.set(line.key, accountOf(line.state));
  } else {
    const account = accounts.get(line.key);
    invariant(account !== undefined, "a reservation's account is written before it");
    account.reservations.set(line.id, line.state);
    if (line.state.state === "pending") account.due.add({ dueMs: line.state.dueMs, id: line.id });
  }
}

function accountOf({ leases, closed, ...sums }: AccountLine): Account {
  return {
    ...newAccount(sums.terms, sums.store),
    ...sums,
    leases: new Map(leases.map((lease) => [leaseKey(lease.holder), lease])),
    closed: new Map(closed),
  };
}

function checked(line: LedgerLine): string {
  const text = JSON.stringify(line);
  return `${checksum(text)} ${text}\n`;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(CHECKSUM_DIGITS, "0");
}

function parse(line: string): LedgerLine | null {
  const text = line.slice(CHECKSUM_DIGITS + 1);
  if (line.slice(0, CHECKSUM_DIGITS) !== checksum(text)) return null;
  const parsed: LedgerLine = JSON.parse(text);
  return parsed;
}
