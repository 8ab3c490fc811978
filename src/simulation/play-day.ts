/** One day of a world, decided request by request through the real `decide()` at a controller's prices. */
import { chargeMicros } from "../core/decision/charge.ts";
import { decide } from "../core/decision/decide.ts";
import type { Decision, Pacing, Situation } from "../core/domain/decision.ts";
import { Purse } from "../core/ledger/purse.ts";
import { campaignWith, scoresOf, situationOf } from "./campaign.ts";
import { DAY_MS, type World } from "./world.ts";

/** Whoever sets the prices. */
export interface Controller {
  /** Called at the beginning of every epoch, with the state of the budget then. */
  beginEpoch(epoch: EpochStart): void;
  /** The prices this arrival is decided at. */
  pricesFor(arrival: number): Pacing;
  /** Told of every decision. */
  observe(seen: Seen): void;
}

export interface EpochStart {
  readonly epoch: number;
  readonly atMs: number;
  /** The budget of the day, granted as a whole. */
  readonly purse: Purse;
}

export interface Seen {
  readonly arrival: number;
  readonly situation: Situation;
  readonly decision: Decision;
  readonly chargedMicros: number;
}

/** How a day went. */
export interface Play {
  readonly value: number;
  readonly spentMicros: number;
  readonly offers: number;
  readonly trace: readonly TracePoint[];
}

/** The state at one moment of the day. */
export interface TracePoint {
  readonly atMs: number;
  readonly arrivals: number;
  readonly spentMicros: number;
  readonly value: number;
  readonly lambda: number;
}

const TRACE_POINTS = 288;

export function playDay(world: World, controller: Controller, epochMs: number): Play {
  const { size, users, atMs, budgetMicros } = world;
  const program = campaignWith(size.actions);
  const purse = new Purse();
  purse.fill(budgetMicros, DAY_MS);
  const trace: TracePoint[] = [];
  const total = { value: 0, offers: 0 };
  let arrival = 0;
  for (let epoch = 0; epoch * epochMs < DAY_MS; epoch++) {
    controller.beginEpoch({ epoch, atMs: epoch * epochMs, purse });
    const endMs = (epoch + 1) * epochMs;
    for (; arrival < atMs.length && (atMs[arrival] as number) < endMs; arrival++) {
      const scores = scoresOf(users, arrival, size.actions);
      const pacing = controller.pricesFor(arrival);
      const availableMicros = purse.available(atMs[arrival] as number);
      const situation = situationOf({ program, scores, pacing, availableMicros });
      const decision = decide(situation);
      const chargedMicros = chargeMicros(situation, decision.chosen);
      purse.debit(chargedMicros);
      total.value += scores.value[decision.chosen] as number;
      total.offers += Number(decision.chosen > 0);
      controller.observe({ arrival, situation, decision, chargedMicros });
    }
    if (endMs >= (trace.length + 1) * (DAY_MS / TRACE_POINTS)) {
      const { lambda } = controller.pricesFor(0);
      trace.push({ atMs: endMs, arrivals: arrival, spentMicros: spentFrom(purse), value: total.value, lambda });
    }
  }
  return { ...total, spentMicros: spentFrom(purse), trace };
}

/** What was paid out of it. */
export function spentFrom({ granted, balance }: Pick<Purse, "granted" | "balance">): number {
  return granted - balance;
}
