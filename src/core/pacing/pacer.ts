/**
 * The pacing of one budget over one period: from what all replicas have seen to the prices of the next epoch.
 *
 *   replica   observes its decisions in an EpochTally, drains it into the shared sums now and then
 *   anyone    closes the epoch: sums + last prices → next prices; the first to publish them wins
 *   replicas  decide at the published prices until the next are there
 *
 * Sums only ever grow and prices say which sums they have taken into account, so it does not matter who closes,
 * how late a tally arrives (it is in the next price), whether epochs were skipped, or whether nobody came.
 * All of it is plain data: a store that adds numbers and puts if absent holds it.
 */
import type { Pacing } from "../domain/decision.ts";
import { MICROS_PER_UNIT } from "../domain/money.ts";
import { BUDGET } from "../domain/resource.ts";
import { type ArrivalForecast, expectedShare, type Period, remainingArrivals } from "./arrival-forecast.ts";
import { demandCarriedOver, priceForSpend } from "./efficiency-histogram.ts";
import { ARRIVALS, hourName, usedName } from "./epoch-tally.ts";
import { type EndedEpoch, perArrival, priceOf, type ResourcePrice, trimAfter } from "./shadow-price.ts";
import { added, sumOf, type Sums } from "./sums.ts";

export interface PacingState {
  /** What all replicas have told of this period, and the demand known from the last. */
  readonly sums: Sums;
  /** The prices that were last published; null before the first. */
  readonly prices: EpochPrices | null;
}

/** The prices of one epoch, as published. */
export interface EpochPrices {
  readonly epoch: number;
  /** F when they were set. */
  readonly share: number;
  /** Arrivals of the period when they were set. */
  readonly arrivals: number;
  readonly budget: ResourcePrice & { readonly floor: number };
  readonly volumes: Readonly<Record<string, ResourcePrice>>;
}

export interface EpochInputs {
  /** The epoch that begins: whole numbers that rise. */
  readonly epoch: number;
  readonly atMs: number;
  readonly forecast: ArrivalForecast;
  /** Money that is neither spent nor promised (available and leased), in micros. */
  readonly remainingMicros: number;
  /** What of the cost of offers to come is this period's, in (0, 1]: 1, or `shareDue` when reserving what is expected. */
  readonly shareDue: number;
  /** Least price of the budget; see `priceFloor`. */
  readonly floor: number;
  /** Offers left of every limited volume, by its name. */
  readonly remainingVolumes: Readonly<Record<string, number>>;
  /** μ of the volumes where they were solved anew; null keeps the last. */
  readonly solvedVolumes: Readonly<Record<string, number>> | null;
}

/** A period begins with what the one before it knew of the demand; null knows nothing. */
export function openPeriod(before: PacingState | null): PacingState {
  return { sums: before === null ? {} : demandCarriedOver(before.sums), prices: null };
}

/** Adds what a replica drained from its tally. */
export function merge(state: PacingState, tally: Sums): PacingState {
  return { ...state, sums: added(state.sums, tally) };
}

/** The prices of the next epoch. For an epoch that has prices already, these stand. */
export function closeEpoch(state: PacingState, inputs: EpochInputs): PacingState & { readonly prices: EpochPrices } {
  const { sums, prices: last } = state;
  if (last !== null && inputs.epoch <= last.epoch) return { sums, prices: last };
  const share = expectedShare(inputs.forecast, inputs.atMs);
  const arrivals = sumOf(sums, ARRIVALS);
  const toCome = remainingArrivals(inputs.forecast, { share, hourly: arrivalsByHour(sums, inputs.forecast.period) });
  const ended = {
    arrivals: Math.max(0, arrivals - (last?.arrivals ?? 0)),
    share: Math.max(0, share - (last?.share ?? 0)),
    expected: arrivals + toCome,
  };
  const next = { sums, ended, toCome };
  const prices = {
    epoch: inputs.epoch,
    share,
    arrivals,
    budget: budgetPrice(next, last, inputs),
    volumes: volumePrices(next, last, inputs),
  };
  return { sums, prices };
}

/** The prices as `decide` takes them, ρ in money. */
export function pacingOf({ epoch, budget, volumes }: EpochPrices): Pacing {
  const mu = Object.fromEntries(Object.entries(volumes).map(([name, volume]) => [name, priceOf(volume, 0)]));
  const rho = budget.rho === null ? null : budget.rho / MICROS_PER_UNIT;
  return { epoch, lambda: priceOf(budget, budget.floor), mu, rho, inPeriod: null };
}

/** Arrivals in each elapsed hour of the period. */
export function arrivalsByHour(sums: Sums, { hours }: Period): readonly number[] {
  return hours.map((_, elapsedHour) => sumOf(sums, hourName(elapsedHour)));
}

/** What the price of every resource is made from. */
interface Closing {
  readonly sums: Sums;
  readonly ended: Omit<EndedEpoch, "used">;
  /** N_rem. */
  readonly toCome: number;
}

function budgetPrice(
  closing: Closing,
  last: EpochPrices | null,
  { remainingMicros, shareDue, floor }: EpochInputs,
): EpochPrices["budget"] {
  const rho = perArrival(remainingMicros, closing.toCome * shareDue);
  const base = rho === null ? 0 : priceForSpend(closing.sums, rho / MICROS_PER_UNIT);
  return { ...nextPrice(closing, last?.budget, { resource: BUDGET, base, rho }), floor };
}

/**
 * The price of each limited volume: as solved, trimmed in between. A price that was never solved is 0, and
 * the ledger's counter alone limits the volume.
 */
function volumePrices(closing: Closing, last: EpochPrices | null, inputs: EpochInputs): EpochPrices["volumes"] {
  const priced = Object.entries(inputs.remainingVolumes).map(([resource, remaining]) => {
    const before = last?.volumes[resource];
    const solved = inputs.solvedVolumes?.[resource];
    const rho = perArrival(remaining, closing.toCome);
    const price = nextPrice(closing, before, { resource, base: solved ?? before?.base ?? 0, rho });
    return [resource, solved === undefined ? price : { ...price, trim: 0 }] as const;
  });
  return Object.fromEntries(priced);
}

function nextPrice(
  { sums, ended }: Closing,
  before: ResourcePrice | undefined,
  { resource, base, rho }: { readonly resource: string; readonly base: number; readonly rho: number | null },
): ResourcePrice {
  const used = sumOf(sums, usedName(resource));
  // Sums of a store that lost some of them would have shrunk: nothing was used then, and pacing goes on from there.
  const trim = before === undefined ? 0 : trimAfter(before, { ...ended, used: Math.max(0, used - before.used) });
  return { base, trim, rho, used };
}
