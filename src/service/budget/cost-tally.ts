import { type CohortName, offerSums, redemptionSums, voidSums } from "../../core/pacing/cost-cohorts.ts";
import { added, type Sums } from "../../core/pacing/sums.ts";

/** What this replica knows of offers and what they cost, and has not told yet: by the account it is told to. */
export class CostTally {
  readonly #fresh = new Map<string, Record<string, number>>();
  /** Drained, but not known to be on the board. */
  readonly #untold = new Map<string, Sums>();

  offered(cohort: CohortName, amounts: { readonly predictedMicros: number; readonly fixedMicros: number }): void {
    this.#count(cohort, offerSums(cohort, amounts));
  }

  redeemed(cohort: CohortName, ageMs: number, costMicros: number): void {
    this.#count(cohort, redemptionSums(cohort, ageMs, costMicros));
  }

  voided(cohort: CohortName, fixedMicros: number): void {
    this.#count(cohort, voidSums(cohort, fixedMicros));
  }

  /** All of it, by the account's period, until it is told. */
  drain(): readonly (readonly [period: string, sums: Sums])[] {
    for (const [period, sums] of this.#fresh) this.#untold.set(period, added(this.#untold.get(period) ?? {}, sums));
    this.#fresh.clear();
    return [...this.#untold];
  }

  /** What was drained for the account is on the board. */
  told(period: string): void {
    this.#untold.delete(period);
  }

  #count({ decidedAtMs }: CohortName, sums: Sums): void {
    const period = costsPeriodAt(decidedAtMs);
    const fresh = this.#fresh.get(period) ?? {};
    this.#fresh.set(period, fresh);
    for (const name in sums) fresh[name] = (fresh[name] ?? 0) + (sums[name] as number);
  }
}

/** Cohorts of a month (UTC) are in one account: it goes when nobody adds to it or reads it any more. */
export function costsPeriodAt(decidedAtMs: number): string {
  return `costs-${new Date(decidedAtMs).toISOString().slice(0, "2026-11".length)}`;
}
