/**
 * Where a budget stands against its plan, and where it will end.
 *
 *   planned  = amount · n/(n + N_rem)              the share of the period's arrivals that has come
 *   forecast = min(amount, used + N_rem · used/n)  if those to come spend as those that came
 */
export interface BudgetProgress {
  readonly amountMicros: number;
  /** Settled and pending. */
  readonly usedMicros: number;
  /** n: arrivals of the period so far. */
  readonly arrivals: number;
  /** N_rem: arrivals still expected; `Infinity` while nothing is known. */
  readonly toCome: number;
}

export interface Outlook {
  readonly plannedMicros: number;
  readonly forecastMicros: number;
}

/** @example outlookOf({ amountMicros: 100, usedMicros: 20, arrivals: 1, toCome: 3 }) // { plannedMicros: 25, forecastMicros: 80 } */
export function outlookOf({ amountMicros, usedMicros, arrivals, toCome }: BudgetProgress): Outlook {
  // Nothing has come: nothing is planned by now, and nothing is known of the pace.
  if (arrivals === 0) return { plannedMicros: 0, forecastMicros: usedMicros };
  return {
    plannedMicros: Math.round((amountMicros * arrivals) / (arrivals + toCome)),
    forecastMicros:
      usedMicros === 0 ? 0 : Math.round(Math.min(amountMicros, usedMicros + toCome * (usedMicros / arrivals))),
  };
}
