/** Who comes when: more by day than by night, more at the weekend, the same for every policy. */
import type { Customer } from "../src/cli/demo/customers.ts";
import { Random } from "../src/simulation/random.ts";
import { type Expected, expectedOf, MONTHS, type Response, responseOf, START_MS } from "./world.ts";

const HOUR_MS = 3_600_000;
/** Arrivals of each hour of the day, over the mean: a quiet night and a busy evening. */
const BY_HOUR = [
  0.3, 0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 0.8, 1, 1.1, 1.2, 1.3, 1.4, 1.3, 1.2, 1.1, 1.2, 1.4, 1.7, 2, 2.1, 1.8, 1.3, 0.6,
];
/** Of each day of the week, Sunday first. */
const BY_DAY = [1.3, 0.85, 0.85, 0.9, 0.95, 1, 1.15];

export interface Arrival {
  readonly id: string;
  readonly atMs: number;
  readonly customer: Customer;
  readonly response: Response;
  /** Of every offer, to this customer, now. */
  readonly expected: readonly Expected[];
}

export const END_MS = Date.UTC(2026, MONTHS, 1);

/** `perMonth` arrivals in 30 days on average, in the order they come; the same seed gives the same. */
export function drawArrivals(customers: readonly Customer[], perMonth: number, seed: number): readonly Arrival[] {
  const random = new Random(seed, "loop-arrivals");
  const arrivals: Arrival[] = [];
  for (let hourMs = START_MS; hourMs < END_MS; hourMs += HOUR_MS) {
    const hour = new Date(hourMs);
    const rate = (perMonth / 720) * (BY_HOUR[hour.getUTCHours()] ?? 1) * (BY_DAY[hour.getUTCDay()] ?? 1);
    const times = Array.from({ length: poisson(random, rate) }, () => hourMs + random.whole(0, HOUR_MS));
    for (const atMs of times.toSorted((a, b) => a - b)) {
      const customer = customers[random.whole(0, customers.length)];
      if (customer === undefined) throw new Error("expected customers");
      const response = responseOf(customer, atMs);
      arrivals.push({ id: `a${arrivals.length}`, atMs, customer, response, expected: expectedOf(response) });
    }
  }
  return arrivals;
}

/** Knuth's, in parts of which none underflows. */
function poisson(random: Random, mean: number): number {
  let count = 0;
  for (let left = mean; left > 0; left -= POISSON_PART) {
    const limit = Math.exp(-Math.min(left, POISSON_PART));
    for (let product = random.uniform(); product > limit; product *= random.uniform()) count += 1;
  }
  return count;
}

const POISSON_PART = 50;
