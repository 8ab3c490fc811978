import {
  type CohortName,
  dayAt,
  type GivenOffers,
  offerSums,
  redemptionSums,
  voidSums,
} from "../../core/pacing/cost-cohorts.ts";
import { added, type Sums } from "../../core/pacing/sums.ts";

/** Offers of one cohort, added up as they are given. */
class OfferCount implements GivenOffers {
  readonly cohort: CohortName;
  readonly #day: number;
  offers = 0;
  predictedMicros = 0;
  fixedMicros = 0;

  constructor(cohort: CohortName) {
    this.cohort = cohort;
    this.#day = dayAt(cohort.decidedAtMs);
  }

  isOf({ program, action, decidedAtMs }: CohortName): boolean {
    return program === this.cohort.program && action === this.cohort.action && dayAt(decidedAtMs) === this.#day;
  }
}

/** What this replica knows of offers and what they cost, and has not told yet: by the account it is told to. */
export class CostTally {
  readonly #fresh = new Map<string, Record<string, number>>();
  /** Every offer is counted, so what names its sums is made once for many: few cohorts are open at a time. */
  #counts: OfferCount[] = [];
  /** Drained, but not known to be on the board. */
  readonly #untold = new Map<string, Sums>();

  offered(cohort: CohortName, { predictedMicros, fixedMicros }: Omit<GivenOffers, "offers">): void {
    const count = this.#countOf(cohort);
    count.offers += 1;
    count.predictedMicros += predictedMicros;
    count.fixedMicros += fixedMicros;
  }

  redeemed(cohort: CohortName, ageMs: number, costMicros: number): void {
    this.#count(cohort, redemptionSums(cohort, ageMs, costMicros));
  }

  voided(cohort: CohortName, fixedMicros: number): void {
    this.#count(cohort, voidSums(cohort, fixedMicros));
  }

  /** All of it, by the account's period, until it is told. */
  drain(): readonly (readonly [period: string, sums: Sums])[] {
    for (const count of this.#counts) this.#count(count.cohort, offerSums(count.cohort, count));
    this.#counts = [];
    for (const [period, sums] of this.#fresh) this.#untold.set(period, added(this.#untold.get(period) ?? {}, sums));
    this.#fresh.clear();
    return [...this.#untold];
  }

  /** What was drained for the account is on the board. */
  told(period: string): void {
    this.#untold.delete(period);
  }

  #countOf(cohort: CohortName): OfferCount {
    const known = this.#counts.find((count) => count.isOf(cohort));
    if (known !== undefined) return known;
    const count = new OfferCount(cohort);
    this.#counts.push(count);
    return count;
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
