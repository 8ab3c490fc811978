/**
 * A decision and what happened after it, as one row.
 *
 *   value  money of conversions, rewards and redemptions + Σ_h weight_h · what was observed of head h
 *   cost   money of redemptions + the fixed cost of what was really given
 *
 * An outcome counts when it occurred within the attribution window: from the decision (less the skew of clocks)
 * until `windowMs` later, the end excluded. When it was received does not matter. Of outcomes with one id the one
 * received first counts, once. So the row depends on what happened alone: not on the order of the outcomes, nor on
 * how often they are told.
 *
 * What a redemption costs is beside the fixed cost, which the caller cannot know. It is owed as the ledger owes it:
 * for an offer that was given, or may have been, whatever the user did; not for one that was voided.
 */
import { MICROS_PER_UNIT, toMicros, wholeMicros } from "../domain/money.ts";
import type { OutcomeRecord, OutcomeType } from "../domain/outcome.ts";
import { NO_OFFER, type Program } from "../domain/program.ts";
import type { DecisionRecord } from "../domain/record.ts";

/** How far behind ours the clock of who tells an outcome may be: nothing follows from a decision before it is made. */
export const CLOCK_SKEW_MS = 300_000;

export interface JoinTerms {
  /** How long after the decision what happens is still put down to it, in ms. > 0. */
  readonly windowMs: number;
  /** `reported`: an offer without an exposure may not have reached the user. `assumed`: whatever was told was given. */
  readonly exposures: "reported" | "assumed";
  /** An RFC 3339 instant as ms since 1970: the core has no calendar. */
  readonly instantMs: (instant: string) => number;
}

/** What outcomes are weighed by: the weights of heads, and fixed costs. */
export type Worth = Pick<Program, "objective" | "actions">;

/** What happened after one decision. Amounts in units of the program's currency. */
export interface Observed {
  /** Money of conversions, rewards and redemptions, to the micro. */
  readonly money: number;
  /** Σ of what was observed of each head, in the head's own unit; heads of which nothing was observed are absent. */
  readonly heads: Readonly<Record<string, number>>;
  /** money + Σ weight_h · heads_h, to the micro; heads that the program does not value weigh nothing. */
  readonly value: number;
  readonly redemptionCost: number;
  readonly fixedCost: number;
  /** redemptionCost + fixedCost, to the micro. */
  readonly cost: number;
  /** What the user really got, by the first exposure; `no_offer` where the offer was voided; null: not known. */
  readonly treatment: string | null;
  /** A unit that was told `no_offer` was exposed to a paid action all the same. */
  readonly contaminated: boolean;
  /** Outcomes that count, by type. */
  readonly counts: Readonly<Record<OutcomeType, number>>;
  /** Outcomes that do not count: they occurred outside the window. */
  readonly outside: number;
}

/** The outcomes must be the decision's; the worth is that of the program of the record's digest. */
export function joinOutcomes(
  record: Pick<DecisionRecord, "time" | "realizedAction">,
  outcomes: readonly OutcomeRecord[],
  { worth, terms }: { readonly worth: Worth; readonly terms: JoinTerms },
): Observed {
  const told = distinct(outcomes, terms);
  const counting = told.filter((outcome) => isWithin(outcome, record, terms));
  const exposed = firstExposure(counting, terms);
  const treatment = treatmentOf(record, { counting, exposed, terms });
  const money = moneyOf(counting);
  const heads = headsOf(counting);
  const redemptionMicros = sumMicros(counting, ({ type, cost }) => (type === "redemption" ? cost : null));
  const fixedMicros = fixedMicrosOf(worth, treatment ?? record.realizedAction);
  return {
    money: money / MICROS_PER_UNIT,
    heads,
    value: toMicros(money / MICROS_PER_UNIT + worthOf(heads, worth)),
    redemptionCost: redemptionMicros / MICROS_PER_UNIT,
    fixedCost: fixedMicros / MICROS_PER_UNIT,
    cost: (redemptionMicros + fixedMicros) / MICROS_PER_UNIT,
    treatment,
    contaminated: record.realizedAction === NO_OFFER && counting.some((outcome) => isPaidExposure(outcome)),
    counts: countsOf(counting),
    outside: told.length - counting.length,
  };
}

/** One outcome an id, the one received first; in the order of their ids. */
function distinct(outcomes: readonly OutcomeRecord[], { instantMs }: JoinTerms): readonly OutcomeRecord[] {
  if (outcomes.length === 0) return outcomes;
  const ordered = outcomes.toSorted(
    (a, b) =>
      compare(a.outcomeId, b.outcomeId) ||
      instantMs(a.receivedAt) - instantMs(b.receivedAt) ||
      compare(contentOf(a), contentOf(b)),
  );
  return ordered.filter((outcome, i) => outcome.outcomeId !== ordered[i - 1]?.outcomeId);
}

function isWithin({ occurredAt }: OutcomeRecord, { time }: Pick<DecisionRecord, "time">, terms: JoinTerms): boolean {
  const sinceMs = terms.instantMs(occurredAt) - terms.instantMs(time);
  return sinceMs >= -CLOCK_SKEW_MS && sinceMs < terms.windowMs;
}

function firstExposure(counting: readonly OutcomeRecord[], { instantMs }: JoinTerms): OutcomeRecord | null {
  return counting
    .filter(({ type }) => type === "exposure")
    .reduce<OutcomeRecord | null>(
      (first, next) => (first === null || instantMs(next.occurredAt) < instantMs(first.occurredAt) ? next : first),
      null,
    );
}

interface Evidence {
  readonly counting: readonly OutcomeRecord[];
  readonly exposed: OutcomeRecord | null;
  readonly terms: JoinTerms;
}

/** That somebody saw an offer outweighs that somebody withdrew it. To get nothing leaves no trace, and needs none. */
function treatmentOf(
  { realizedAction }: Pick<DecisionRecord, "realizedAction">,
  { counting, exposed, terms }: Evidence,
): string | null {
  if (exposed !== null) return exposed.action ?? realizedAction;
  if (counting.some(({ type }) => type === "void")) return NO_OFFER;
  return realizedAction === NO_OFFER || terms.exposures === "assumed" ? realizedAction : null;
}

function isPaidExposure({ type, action }: OutcomeRecord): boolean {
  return type === "exposure" && action !== null && action !== NO_OFFER;
}

function moneyOf(counting: readonly OutcomeRecord[]): number {
  return sumMicros(counting, ({ type, head, value }) => (VALUABLE.has(type) && head === null ? value : null));
}

/** Whole micros: their sum is exact. */
function sumMicros(counting: readonly OutcomeRecord[], amountOf: (outcome: OutcomeRecord) => number | null): number {
  return counting.reduce((sum, outcome) => sum + wholeMicros(amountOf(outcome) ?? 0), 0);
}

function headsOf(counting: readonly OutcomeRecord[]): Readonly<Record<string, number>> {
  const heads: Record<string, number> = {};
  for (const { type, head, value } of counting) {
    if (VALUABLE.has(type) && head !== null && value !== null) heads[head] = (heads[head] ?? 0) + value;
  }
  return heads;
}

function worthOf(heads: Readonly<Record<string, number>>, { objective }: Worth): number {
  return objective.value.reduce((sum, { head, weight }) => sum + weight * (heads[head] ?? 0), 0);
}

function fixedMicrosOf({ actions }: Worth, given: string): number {
  return wholeMicros(actions.find(({ id }) => id === given)?.fixedCost ?? 0);
}

function countsOf(counting: readonly OutcomeRecord[]): Readonly<Record<OutcomeType, number>> {
  const counts = { exposure: 0, redemption: 0, conversion: 0, reward: 0, void: 0 };
  for (const { type } of counting) counts[type] += 1;
  return counts;
}

function compare(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

/** What tells two outcomes of one id and instant apart, whatever the order of their fields. */
function contentOf({ decisionId, type, head, value, cost, action, occurredAt, receivedAt }: OutcomeRecord): string {
  return JSON.stringify([decisionId, type, head, value, cost, action, occurredAt, receivedAt]);
}

/** Outcomes that carry value. */
const VALUABLE: ReadonlySet<OutcomeType> = new Set(["conversion", "reward", "redemption"]);
