/** What comes of a decision: chance that belongs to the arrival, so that every policy meets the same. */
import { Random } from "../src/simulation/random.ts";
import type { Arrival } from "./arrivals.ts";
import { OFFERS, ORDER_DAYS_MAX } from "./world.ts";

const DAY_MS = 86_400_000;

/** As `POST /v1/outcomes` takes it. */
export interface Outcome {
  readonly outcomeId: string;
  readonly decisionId: string;
  readonly type: "exposure" | "reward" | "redemption";
  readonly head?: string;
  readonly value?: number;
  readonly cost?: number;
  readonly occurredAt: string;
}

export interface Told {
  readonly atMs: number;
  readonly outcome: Outcome;
}

/** Everything that will be told of one decision; empty where nothing happens. */
export function fateOf(arrival: Arrival, action: string, decisionId: string, seed: number): readonly Told[] {
  const random = new Random(seed, `loop-fate-${arrival.id}`);
  const luck = { seen: random.uniform(), order: random.uniform(), redeemed: random.uniform() };
  const seenMs = arrival.atMs + DAY_MS * 0.25 * random.uniform();
  // Half of the orders come in the first of three days: the square root of a third would be 0.58.
  const orderMs = seenMs + DAY_MS * (ORDER_DAYS_MAX - 0.5) * random.uniform() ** 1.6;
  const index = OFFERS.findIndex(({ id }) => id === action);
  const offer = OFFERS[index];
  const isSeen = offer !== undefined && luck.seen < offer.seen;
  const chance = arrival.response.base + (isSeen ? (arrival.response.effect[index] ?? 0) : 0);
  const isOrdered = luck.order < chance;
  const tell = (atMs: number, what: Omit<Outcome, "outcomeId" | "decisionId" | "occurredAt">): Told => ({
    atMs,
    outcome: { outcomeId: `${decisionId}-${what.type}`, decisionId, ...what, occurredAt: new Date(atMs).toISOString() },
  });
  return [
    ...(isSeen ? [tell(seenMs, { type: "exposure" })] : []),
    ...(isOrdered ? [tell(orderMs, { type: "reward", head: "order", value: 1 })] : []),
    ...(isSeen && isOrdered && luck.redeemed < offer.redeemed
      ? [tell(orderMs, { type: "redemption", cost: offer.face })]
      : []),
  ];
}
