import type { BudgetForm } from "../contract/budget-form.ts";
import { durationMs } from "../contract/identifiers.ts";
import type { ProgramFile } from "../contract/program-file.ts";
import type { PoolTerms, Funding } from "../core/domain/funding.ts";
import { wholeMicros } from "../core/domain/money.ts";
import { actionVolume, channelVolume } from "../core/domain/resource.ts";
import type { PeriodRule } from "../core/domain/period.ts";
import { invariant } from "../core/errors.ts";

/** How a program is paid for, as its file declares it; null without a budget. */
export function fundingOf({ program, budget }: ProgramFile): Funding | null {
  if (budget === undefined) return null;
  const { pool, reserve } = budget;
  return pool === undefined ? { pool: program, reserve, terms: termsOf(budget) } : { pool, reserve, terms: null };
}

function termsOf({ amount, period, epoch, settleWithin, volumes }: BudgetForm): PoolTerms {
  invariant(amount !== undefined && period !== undefined, "a pool's own program declares an amount and a period");
  return {
    amountMicros: wholeMicros(amount),
    period: periodRuleOf(period),
    epochMs: durationMs(epoch),
    settleWithinMs: durationMs(settleWithin),
    volumes: Object.fromEntries(volumes.map((limit) => [volumeOf(limit), limit.max])),
  };
}

function volumeOf({ action, channel }: BudgetForm["volumes"][number]): string {
  if (action !== undefined) return actionVolume(action);
  invariant(channel !== undefined, "a limited volume is that of an action or of a channel");
  return channelVolume(channel);
}

function periodRuleOf({ every, timezone, from, until }: NonNullable<BudgetForm["period"]>): PeriodRule {
  if (every !== undefined && timezone !== undefined) return { kind: "calendar", every, timeZone: timezone };
  invariant(from !== undefined && until !== undefined, "a period that is not of the calendar has two ends");
  return { kind: "fixed", fromMs: Date.parse(from), untilMs: Date.parse(until) };
}
