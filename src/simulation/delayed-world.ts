/**
 * A month in which offers cost nothing when they are made, but when they are redeemed, days later or never.
 *
 * An offer of face value f is redeemed with probability ratio·c/f, c being the predicted cost: so a cost head that is
 * wrong by the ratio. When: half an hour to two weeks later, mostly soon (0.55 of an exponential of 0.8 days, 0.3 of
 * one of 4 days, 0.15 evenly), all within the 14 days after which an offer expires.
 */
import type { Period } from "../core/pacing/arrival-forecast.ts";
import { unconstrainedSpend } from "./hindsight.ts";
import { Random } from "./random.ts";
import { drawUsers, faceOf, type Users } from "./users.ts";

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const MONTH_MS = 30 * DAY_MS;
export const EXPIRY_MS = 14 * DAY_MS;

export interface DelayedSize {
  readonly seed: number;
  readonly arrivals: number;
  readonly actions: number;
  readonly budgetShare: number;
  /** True cost over predicted cost. */
  readonly costRatio: number;
}

export interface DelayedWorld {
  readonly size: DelayedSize;
  readonly period: Period;
  readonly atMs: Float64Array;
  readonly users: Users;
  readonly budgetMicros: number;
  /** When an offer to this user would be redeemed after it was made; `Infinity`: never. */
  readonly redeemedAfterMs: (user: number, action: number) => number;
}

export function createDelayedWorld(size: DelayedSize): DelayedWorld {
  const { seed, arrivals, actions, budgetShare } = size;
  const random = new Random(seed, "arrivals");
  const users = drawUsers(new Random(seed, "users"), actions, new Float64Array(arrivals).fill(1));
  return {
    size,
    period: { startMs: 0, endMs: MONTH_MS, hours: Array.from({ length: MONTH_MS / HOUR_MS }, (_, hour) => hour % 168) },
    atMs: Float64Array.from({ length: arrivals }, () => random.uniform() * MONTH_MS).toSorted(),
    users,
    budgetMicros: Math.floor(budgetShare * unconstrainedSpend(users, actions)),
    redeemedAfterMs: redemptions(users, size),
  };
}

/** Each user's luck is drawn once: whether and when does not depend on what was offered to others. */
function redemptions(
  { cost }: Users,
  { seed, arrivals, actions, costRatio }: DelayedSize,
): DelayedWorld["redeemedAfterMs"] {
  const random = new Random(seed, "redemptions");
  const luck = Float64Array.from({ length: arrivals }, () => random.uniform());
  const delayMs = Float64Array.from({ length: arrivals }, () => drawDelay(random));
  return (user, action) => {
    const probability = (costRatio * (cost[user * actions + action] as number)) / faceOf(action);
    return (luck[user] as number) < probability ? (delayMs[user] as number) : Infinity;
  };
}

function drawDelay(random: Random): number {
  const kind = random.uniform();
  if (kind < 0.55) return exponential(random, 0.8 * DAY_MS);
  if (kind < 0.85) return exponential(random, 4 * DAY_MS);
  return random.between(0, EXPIRY_MS);
}

/** Exponential with this mean, given that it ends before the expiry. */
function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.uniform() * (1 - Math.exp(-EXPIRY_MS / mean)));
}
