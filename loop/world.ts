/**
 * The world the loop plays in: real customers, made-up effects that are known. Nothing of it reaches the service but
 * the customers' features, who comes when, and outcomes. Effects were written down before the first result; how many
 * come, the budget, how much is explored and the learner were settled on seed 9001, which is not among those reported.
 *
 * Sizes. Six in ten customers buy with about 10 % in three days and can be moved by 7 to 11 points by the one channel
 * that suits them, and by 2 by the others. The real e-mails of the Hillstrom experiment moved visits, of 10.6 %, by 7.7
 * and 4.5 points on average; here it is orders, and the average over all customers is below that. The others:
 *
 *   sure things     bought lately and much: a third order anyway, offers move half a point, and vouchers are redeemed
 *   sleeping dogs   new customers in a city who bought not too long ago: an offer costs 3 points of orders
 *   lost causes     bought little, long ago: 3 % order, offers move 0.4 points
 *
 * So whoever is likely to buy is not who can be moved. Effects are those of an offer that was seen; whether it is seen
 * is chance, and an order is worth the same whatever was offered. On the first of March customers of the web and of the
 * phone change places: what moved the ones now moves the others.
 */
import type { Customer } from "../src/cli/demo/customers.ts";

/** A paid action of the world, money in USD. */
export interface Offer {
  readonly id: string;
  readonly channel: string;
  /** Paid for sending, whatever the customer does. */
  readonly fixedCost: number;
  /** What the voucher costs when it is redeemed. */
  readonly face: number;
  /** Share of offers that are seen at all. */
  readonly seen: number;
  /** Share of orders, of customers who saw the offer, on which the voucher is used. */
  readonly redeemed: number;
  /** The customers' channel that it suits, before the drift and after it. */
  readonly suits: readonly [before: string, after: string];
}

export const OFFERS: readonly Offer[] = [
  { id: "email", channel: "email", fixedCost: 0.02, face: 3, seen: 0.85, redeemed: 0.9, suits: ["Web", "Phone"] },
  { id: "sms", channel: "sms", fixedCost: 0.1, face: 4, seen: 0.95, redeemed: 0.9, suits: ["Phone", "Web"] },
  {
    id: "letter",
    channel: "post",
    fixedCost: 0.5,
    face: 5,
    seen: 0.9,
    redeemed: 0.95,
    suits: ["Multichannel", "Multichannel"],
  },
];

/** Gross margin of an order, before the voucher. */
export const ORDER_USD = 20;
/** Per calendar month. About half of what would be spent if money were no object. */
export const BUDGET_USD = 7_300;
export const MONTHS = 5;
export const START_MS = Date.UTC(2026, 0, 1);
export const DRIFT_MS = Date.UTC(2026, 2, 1);
/** An order that comes, comes within so many days, half of them in the first. */
export const ORDER_DAYS_MAX = 3;

/** Of one customer: the chance of an order without an offer, and what each offer that is seen adds to it. */
export interface Response {
  readonly base: number;
  readonly effect: readonly number[];
}

/** What giving an offer is worth and costs on average, whether it is seen or not, in USD. */
export interface Expected {
  readonly value: number;
  readonly cost: number;
}

export function responseOf({ features }: Customer, atMs: number): Response {
  const recency = Number(features["recency"]);
  const history = Number(features["history"]);
  if (recency <= 3 && history >= 250) return { base: 0.33, effect: OFFERS.map(() => 0.005) };
  if (Number(features["newbie"]) === 1 && features["zip_code"] === "Urban" && recency <= 8) {
    return { base: 0.16, effect: OFFERS.map(() => -0.03) };
  }
  if (recency >= 9 && history < 100) return { base: 0.03, effect: OFFERS.map(() => 0.004) };
  const drifted = atMs < DRIFT_MS ? 0 : 1;
  const best = 0.07 + 0.04 * Math.min(1, history / 500);
  return {
    base: 0.08 + 0.03 * Math.min(1, history / 500),
    effect: OFFERS.map(({ suits }) => (features["channel"] === suits[drifted] ? best : 0.02)),
  };
}

export function expectedOf({ base, effect }: Response): readonly Expected[] {
  return OFFERS.map(({ fixedCost, face, seen, redeemed }, offer) => {
    const added = effect[offer] ?? 0;
    return {
      value: ORDER_USD * seen * added,
      cost: fixedCost + face * seen * redeemed * (base + added),
    };
  });
}
