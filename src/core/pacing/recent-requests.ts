/**
 * A sample of the last requests as they were scored, from which the prices of several resources are solved
 * together. Systematic: every so many requests one is kept, in place of the oldest.
 */
import type { Decision, Situation } from "../domain/decision.ts";
import { toWholeMicros } from "../domain/money.ts";

/** Requests and what may be offered to them, flat: those of request r are at `offsets[r]` to `offsets[r + 1]` (excluded). */
export interface RequestSample {
  readonly users: number;
  readonly offsets: Uint32Array;
  /** Paid actions by their index in the program, from 1. */
  readonly action: Uint16Array;
  readonly valueMicros: Float64Array;
  readonly costMicros: Float64Array;
}

export interface SampleSize {
  /** Actions of the program, `no_offer` included. */
  readonly actions: number;
  /** Requests that are kept. */
  readonly room: number;
  /** One in so many requests is kept. */
  readonly every: number;
}

export class RecentRequests {
  readonly #size: SampleSize;
  /** V and k by request and action, in micros; NaN where the action was not live. */
  readonly #value: Float64Array;
  readonly #cost: Float64Array;
  #seen = 0;
  #kept = 0;

  constructor(size: SampleSize) {
    this.#size = size;
    this.#value = new Float64Array(size.room * size.actions);
    this.#cost = new Float64Array(size.room * size.actions);
  }

  observe({ scores, draws, basis }: Situation, { excluded, pruned }: Decision): void {
    const { actions, room, every } = this.#size;
    this.#seen += 1;
    if (this.#seen % every !== 0) return;
    const from = (this.#kept % room) * actions;
    this.#kept += 1;
    const priced = draws.arm === "policy" && basis !== "explore";
    for (let i = 1; i < actions; i++) {
      const live = priced && excluded[i] === null && pruned[i] === null;
      this.#value[from + i] = live ? toWholeMicros(scores.value[i] as number) : NaN;
      this.#cost[from + i] = toWholeMicros(Math.max(0, scores.cost[i] as number));
    }
  }

  sample(): RequestSample {
    const { actions, room } = this.#size;
    const users = Math.min(this.#kept, room);
    const offsets = new Uint32Array(users + 1);
    const live: number[] = [];
    for (let user = 0; user < users; user++) {
      for (let i = 1; i < actions; i++) {
        if (!Number.isNaN(this.#value[user * actions + i])) live.push(user * actions + i);
      }
      offsets[user + 1] = live.length;
    }
    return {
      users,
      offsets,
      action: Uint16Array.from(live, (at) => at % actions),
      valueMicros: Float64Array.from(live, (at) => this.#value[at] as number),
      costMicros: Float64Array.from(live, (at) => this.#cost[at] as number),
    };
  }
}
