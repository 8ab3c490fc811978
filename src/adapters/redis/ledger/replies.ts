/** What the ledger's scripts answer, read strictly: anything else is a fault of the scripts. */
import { invariant } from "../../../core/errors.ts";
import type { AccountView, LeaseHolder, SettlementResult } from "../../../core/domain/budget.ts";
import type { LeaseAnswer } from "../../../core/budget-ports.ts";

const FIGURES = 9;

/** As `viewOf` in account-lua.ts says it. */
export function viewFrom(reply: unknown): AccountView {
  const [figures, recovery, awaited, holders, closed] = listFrom(reply);
  const numbers = listFrom(figures);
  invariant(numbers.length === FIGURES, `${FIGURES} figures of an account, got ${numbers.length}`);
  const figure = (at: number): number => wholeFrom(numbers[at]);
  return {
    revision: figure(0),
    amount: figure(1),
    available: figure(2),
    leased: figure(3),
    pending: figure(4),
    settled: figure(5),
    overrun: figure(6),
    forgotten: figure(7),
    operations: figure(8),
    recovery: textFrom(recovery) || null,
    awaited: listFrom(awaited).map(holderFrom),
    holders: listFrom(holders).map(holderFrom),
    closed: listFrom(closed).map(holderFrom),
  };
}

const ANSWERS = { synced: "synced", recovering: "recovering", fenced: "fenced" } as const;

export function answerFrom(reply: unknown): LeaseAnswer {
  const [kind, granted, view] = listFrom(reply);
  return { kind: oneOf(ANSWERS, kind), granted: wholeFrom(granted), view: viewFrom(view) };
}

const RESULTS = {
  settled: "settled",
  voided: "voided",
  early: "early",
  duplicate: "duplicate",
  conflict: "conflict",
  overrun: "overrun",
  unknown_account: "unknown_account",
} as const;

export function resultFrom(reply: unknown): SettlementResult {
  const [named, excess] = listFrom(reply);
  const kind = oneOf(RESULTS, named);
  return kind === "overrun" ? { kind, excess: wholeFrom(excess) } : { kind };
}

export function wholeFrom(reply: unknown): number {
  const whole = Number(textFrom(reply));
  invariant(Number.isSafeInteger(whole), "whole numbers of the ledger's scripts");
  return whole;
}

export function listFrom(reply: unknown): readonly unknown[] {
  invariant(Array.isArray(reply), `a list of the ledger's script, got ${typeof reply}`);
  return reply;
}

function textFrom(reply: unknown): string {
  invariant(typeof reply === "string", `a text of the ledger's script, got ${typeof reply}`);
  return reply;
}

function holderFrom(reply: unknown): LeaseHolder {
  const text = textFrom(reply);
  const slash = text.lastIndexOf("/");
  return { replica: text.slice(0, slash), life: Number(text.slice(slash + 1)) };
}

function oneOf<T extends string>(known: Readonly<Record<string, T>>, reply: unknown): T {
  const found = known[textFrom(reply)];
  invariant(found !== undefined, "a word that the ledger's scripts say");
  return found;
}
