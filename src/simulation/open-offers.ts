/** Offers by the quarter day and action in which they were made: what calibration learns from. */
import { invariant } from "../core/errors.ts";
import type { Cohort, OpenCohort } from "../core/pacing/liability-calibration.ts";
import { DAY_MS } from "./delayed-world.ts";

const COHORT_MS = DAY_MS / 4;

interface Growing {
  readonly action: string;
  readonly decidedAtMs: number;
  readonly realizedMicros: number[];
  offers: number;
  predictedMicros: number;
}

export class OpenOffers {
  readonly #agesMs: readonly number[];
  readonly #cohorts = new Map<string, Growing>();

  /** @param agesMs edges of the age bins, from 0 to the expiry */
  constructor(agesMs: readonly number[]) {
    this.#agesMs = agesMs;
  }

  offer({ action, atMs }: { readonly action: string; readonly atMs: number }, predictedMicros: number): void {
    const key = keyOf(action, atMs);
    const cohort = this.#cohorts.get(key) ?? this.#begin(action, atMs);
    cohort.offers += 1;
    cohort.predictedMicros += predictedMicros;
    this.#cohorts.set(key, cohort);
  }

  redeem(
    { action, atMs }: { readonly action: string; readonly atMs: number },
    ageMs: number,
    paidMicros: number,
  ): void {
    const cohort = this.#cohorts.get(keyOf(action, atMs));
    const bin = this.#agesMs.findLastIndex((edge) => edge <= ageMs);
    invariant(cohort !== undefined && bin >= 0 && bin < cohort.realizedMicros.length, "expected an open offer");
    cohort.realizedMicros[bin] = (cohort.realizedMicros[bin] ?? 0) + paidMicros;
  }

  cohorts(): readonly Cohort[] {
    return [...this.#cohorts.values()];
  }

  /** As of now; a cohort counts as old as its middle. */
  open(nowMs: number): readonly OpenCohort[] {
    return [...this.#cohorts.values()].map(({ action, decidedAtMs, predictedMicros }) => ({
      action,
      ageMs: Math.max(0, nowMs - decidedAtMs + COHORT_MS / 2),
      predictedMicros,
    }));
  }

  #begin(action: string, atMs: number): Growing {
    const decidedAtMs = (Math.floor(atMs / COHORT_MS) + 1) * COHORT_MS;
    const realizedMicros = new Array<number>(this.#agesMs.length - 1).fill(0);
    return { action, decidedAtMs, realizedMicros, offers: 0, predictedMicros: 0 };
  }
}

function keyOf(action: string, atMs: number): string {
  return `${Math.floor(atMs / COHORT_MS)}|${action}`;
}
