/**
 * A sample of the last requests as they were scored, from which the prices of several resources are solved
 * together. Systematic: one in every so many requests is kept, in place of the oldest.
 *
 * Programs that share a budget have different actions: the caller numbers all of them, those of one program after
 * those of another, and says with which number a request's begin.
 */
import type { Decision, Situation } from "../domain/decision.ts";
import { dueCost } from "../domain/due-cost.ts";
import { wholeMicros } from "../domain/money.ts";

/** Requests and what may be offered to them, flat: those of request r are at `offsets[r]` to `offsets[r + 1]` (excluded). */
export interface RequestSample {
  readonly users: number;
  readonly offsets: Uint32Array;
  readonly action: Uint16Array;
  /** V − w·k: what the offer is worth to the objective of its program, in micros. */
  readonly valueMicros: Float64Array;
  /** k, in micros. */
  readonly costMicros: Float64Array;
}

export interface SampleSize {
  /** The most actions of one program, `no_offer` included. */
  readonly actions: number;
  /** Requests that are kept. */
  readonly room: number;
}

export class RecentRequests {
  readonly #size: SampleSize;
  /** By request and action: NaN where the action was not live. */
  readonly #worth: Float64Array;
  readonly #cost: Float64Array;
  /** The number of `no_offer` of each request's program. */
  readonly #first: Uint16Array;
  #every: number;
  #seen = 0;
  #kept = 0;

  /** @param every one in so many requests is kept */
  constructor(size: SampleSize, every: number) {
    this.#size = size;
    this.#worth = new Float64Array(size.room * size.actions);
    this.#cost = new Float64Array(size.room * size.actions);
    this.#first = new Uint16Array(size.room);
    this.#every = every;
  }

  /** Requests seen so far, kept or not. */
  get seen(): number {
    return this.#seen;
  }

  keepOneIn(every: number): void {
    this.#every = every;
  }

  /**
   * What somebody would have been offered whom the budget did not cover, or of whom nothing could be learned, is
   * not known: they say nothing of the demand.
   *
   * @param first the number of the program's `no_offer`
   */
  observe(situation: Situation, { excluded, pruned }: Decision, first: number): void {
    if (situation.withheld === "unavailable" || excluded.includes("budget_exhausted")) return;
    this.#seen += 1;
    if (this.#seen % this.#every !== 0) return;
    const place = this.#kept % this.#size.room;
    this.#kept += 1;
    this.#first[place] = first;
    this.#keep(situation, { excluded, pruned }, place * this.#size.actions);
  }

  /** All that is kept: a millisecond for some thousand requests. */
  sample(): RequestSample {
    const { actions, room } = this.#size;
    const users = Math.min(this.#kept, room);
    const offsets = new Uint32Array(users + 1);
    const action = new Uint16Array(users * actions);
    const valueMicros = new Float64Array(users * actions);
    const costMicros = new Float64Array(users * actions);
    let live = 0;
    for (let user = 0; user < users; user++) {
      for (let i = 1; i < actions; i++) {
        const worth = this.#worth[user * actions + i] as number;
        if (Number.isNaN(worth)) continue;
        action[live] = (this.#first[user] as number) + i;
        valueMicros[live] = worth;
        costMicros[live] = this.#cost[user * actions + i] as number;
        live += 1;
      }
      offsets[user + 1] = live;
    }
    return {
      users,
      offsets,
      action: action.slice(0, live),
      valueMicros: valueMicros.slice(0, live),
      costMicros: costMicros.slice(0, live),
    };
  }

  /** Only the policy arm answers to prices: the others have nothing to choose from. */
  #keep(
    { program, scores, draws, basis, pacing }: Situation,
    { excluded, pruned }: Pick<Decision, "excluded" | "pruned">,
    from: number,
  ): void {
    const { costWeight } = program.objective;
    const priced = draws.arm === "policy" && basis !== "explore";
    for (let i = 1; i < this.#size.actions; i++) {
      const live = priced && i < excluded.length && excluded[i] === null && pruned[i] === null;
      const cost = live ? dueCost(scores.cost[i] as number, pacing, i) : NaN;
      this.#worth[from + i] = wholeMicros((scores.value[i] as number) - costWeight * cost);
      this.#cost[from + i] = wholeMicros(cost);
    }
  }
}
