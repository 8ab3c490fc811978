/**
 * How many requests are still to come in a budget's period.
 *
 *   F(t)   share of the period's arrivals expected by t: uniform, or by the hour of the week as learned
 *   N̂      arrivals expected in all, from the same rates
 *   N_rem = N̂(1 − F) · (seen + κ)/(N̂F + κ)
 *   κ     = N̂ · max(0.05, Σ_h (n_h/N̂ − F_h·r)² / (F·τ²)),   r = seen/(N̂F)
 *
 * The second factor corrects the forecast by what has been seen: the posterior mean of a Poisson rate under a
 * gamma prior worth κ arrivals. κ grows with the scatter of the hourly counts n_h around their expected shares F_h
 * (the variance of a ratio estimator: Cochran, Sampling Techniques, 6.3) against the variance τ² of the volume
 * from period to period: what comes in bursts says little about what is to come, what comes evenly says much.
 *
 * Without history N̂ is unknown and F is the clock's share; then N_rem is what has been seen, extrapolated,
 * (1 − F)·(seen + 1)/F: nothing seen yet at F = 0 means without bound, so that nothing is spent before something
 * is known.
 *
 * The core knows no calendar: the caller tells which hour of the week each elapsed hour of the period is, which
 * makes a day of 23 or 25 hours a day like any other.
 */
export const HOUR_MS = 3_600_000;
const HOURS_A_DAY = 24;
const HOURS_A_WEEK = 168;
/** Least weight of the forecast against what has been seen, as a share of N̂. */
const KAPPA_MIN = 0.05;
/** τ: the volume of a period differs from its forecast by 20 % (standard deviation). */
const VOLUME_STD = 0.2;
/** An hour of the week not yet seen is judged by its hour of the day: as if for so many hours. */
const PRIOR_HOURS = 1;
/** Observed hours count half after four weeks. */
const MEMORY_MS = 4 * HOURS_A_WEEK * HOUR_MS;

/** The time a budget is for. */
export interface Period {
  readonly startMs: number;
  readonly endMs: number;
  /** Hour of the week (0 to 167, local time) of each hour elapsed since the start; the last may be cut short. */
  readonly hours: readonly number[];
}

/** What was seen before the period, by hour of the week: arrivals, and hours observed. Both fade. */
export interface ArrivalHistory {
  readonly arrivals: readonly number[];
  readonly hours: readonly number[];
}

export interface ArrivalForecast {
  readonly period: Period;
  /** N̂; null when there is no history. */
  readonly expected: number | null;
  /** Share of the arrivals expected before each elapsed hour, and 1 at the end. */
  readonly shares: readonly number[];
}

/** What has come so far. */
export interface Arrivals {
  /** F(t), in [0, 1]. */
  readonly share: number;
  /** Arrivals in each elapsed hour of the period. */
  readonly hourly: readonly number[];
}

export function forecastArrivals(period: Period, history: ArrivalHistory | null): ArrivalForecast {
  const rates = history === null ? null : hourlyRates(history);
  const cumulative = [0];
  let total = 0;
  period.hours.forEach((hour, slot) => {
    total += (rates?.[hour] ?? 1) * slotHours(period, slot);
    cumulative.push(total);
  });
  return { period, expected: rates === null ? null : total, shares: cumulative.map((part) => part / total) };
}

/** F(t), in [0, 1]. */
export function expectedShare({ period, shares }: ArrivalForecast, atMs: number): number {
  const elapsedHours = (Math.min(Math.max(atMs, period.startMs), period.endMs) - period.startMs) / HOUR_MS;
  const slot = Math.min(Math.floor(elapsedHours), period.hours.length - 1);
  const before = shares[slot] as number;
  const within = (elapsedHours - slot) / slotHours(period, slot);
  return before + within * ((shares[slot + 1] as number) - before);
}

/** N_rem ≥ 0; `Infinity` while nothing is known. */
export function remainingArrivals(forecast: ArrivalForecast, { share, hourly }: Arrivals): number {
  const { expected } = forecast;
  const seen = sum(hourly);
  if (expected === null) return share === 0 ? Infinity : ((1 - share) * (seen + 1)) / share;
  const kappa = expected * Math.max(KAPPA_MIN, scatterOf(forecast, expected, { share, hourly }));
  return (expected * (1 - share) * (seen + kappa)) / (expected * share + kappa);
}

/** The elapsed hour an instant of the period falls in, from 0. */
export function elapsedHourAt({ startMs, hours }: Period, atMs: number): number {
  return Math.min(Math.max(Math.floor((atMs - startMs) / HOUR_MS), 0), hours.length - 1);
}

/** The history with a period added to it, of which `hourly` came in each elapsed hour. */
export function learnArrivals(
  history: ArrivalHistory | null,
  period: Period,
  hourly: readonly number[],
): ArrivalHistory {
  const kept = 2 ** (-(period.endMs - period.startMs) / MEMORY_MS);
  const faded = (before: readonly number[] | undefined) =>
    Array.from({ length: HOURS_A_WEEK }, (_, hour) => (before?.[hour] ?? 0) * kept);
  const arrivals = faded(history?.arrivals);
  const hours = faded(history?.hours);
  period.hours.forEach((hour, slot) => {
    arrivals[hour] = (arrivals[hour] as number) + (hourly[slot] ?? 0);
    hours[hour] = (hours[hour] as number) + slotHours(period, slot);
  });
  return { arrivals, hours };
}

/** Σ_h (n_h/N̂ − F_h·r)² / (F·τ²); 0 before anything could have come. */
function scatterOf({ shares }: ArrivalForecast, expected: number, { share, hourly }: Arrivals): number {
  if (share === 0) return 0;
  const ratio = sum(hourly) / (expected * share);
  let squares = 0;
  for (let slot = 0; slot < hourly.length; slot++) {
    const hourShare = Math.max(0, Math.min(share, shares[slot + 1] as number) - (shares[slot] as number));
    squares += ((hourly[slot] as number) / expected - hourShare * ratio) ** 2;
  }
  return squares / (share * VOLUME_STD ** 2);
}

/**
 * Arrivals an hour for each hour of the week: shrunk to those of its hour of the day, and these to the mean.
 * Null when no arrival was ever seen.
 */
function hourlyRates({ arrivals, hours }: ArrivalHistory): readonly number[] | null {
  const mean = sum(arrivals) / sum(hours);
  if (!(mean > 0)) return null;
  const daily = Array.from({ length: HOURS_A_DAY }, (_, hour) => {
    const ofHour = (_amount: number, at: number) => at % HOURS_A_DAY === hour;
    return shrunk(sum(arrivals.filter(ofHour)), sum(hours.filter(ofHour)), mean);
  });
  return arrivals.map((count, hour) => shrunk(count, hours[hour] as number, daily[hour % HOURS_A_DAY] as number));
}

function shrunk(arrivals: number, hours: number, towards: number): number {
  return (arrivals + PRIOR_HOURS * towards) / (hours + PRIOR_HOURS);
}

/** Length of an elapsed hour: 1, or what the period's end leaves of it. */
function slotHours({ startMs, endMs }: Period, slot: number): number {
  return Math.min(1, (endMs - startMs) / HOUR_MS - slot);
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
