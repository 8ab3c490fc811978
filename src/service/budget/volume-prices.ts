/**
 * The prices μ of a pool's limited volumes: every minute a sample of the last requests is solved for λ and all μ
 * together, with its share of the money and the offers that are left. It takes some 20 ms, in another thread;
 * what comes out goes into the next epoch that this replica closes. In between the pacer trims what was solved.
 */
import type { AccountId } from "../../core/domain/budget.ts";
import type { Decision, Situation } from "../../core/domain/decision.ts";
import { MICROS_PER_UNIT } from "../../core/domain/money.ts";
import type { Program } from "../../core/domain/program.ts";
import { RecentRequests } from "../../core/pacing/recent-requests.ts";
import type { Allocator } from "../../core/ports.ts";

/** Prices are right to about 1 in the root of the offers that the sample gets. */
const SAMPLE_REQUESTS = 4_000;
const SOLVE_EVERY_MS = 60_000;
/** The sample reaches back over so many solves, however many requests come. */
const SOLVES_SAMPLED = 5;

export interface VolumePricesParts {
  readonly allocator: Pick<Allocator, "prices">;
  readonly failed: (cause: unknown) => void;
}

/** What there is for the requests that are still to come. */
export interface Rest {
  readonly account: AccountId;
  readonly atMs: number;
  readonly remainingMicros: number;
  readonly remainingVolumes: Readonly<Record<string, number>>;
  /** N_rem; `Infinity` while nothing is known. */
  readonly toCome: number;
}

interface Solve {
  readonly account: AccountId;
  readonly atMs: number;
  /** Requests that had been seen. */
  readonly seen: number;
}

export class VolumePrices {
  readonly #parts: VolumePricesParts;
  readonly #numbers: ActionNumbers;
  readonly #recent: RecentRequests;
  /** The last one that was begun. */
  #last: Solve | null = null;
  #isSolving = false;
  #solved: { readonly period: string; readonly mu: Readonly<Record<string, number>> } | null = null;

  /** @param programs all that draw on the pool */
  constructor(parts: VolumePricesParts, programs: readonly Program[]) {
    this.#parts = parts;
    this.#numbers = new ActionNumbers(programs);
    const actions = Math.max(...programs.map((program) => program.actions.length));
    this.#recent = new RecentRequests({ actions, room: SAMPLE_REQUESTS }, 1);
  }

  /** Whether it is of these programs as they are, and no others. */
  samples(programs: readonly Program[]): boolean {
    return this.#numbers.areThoseOf(programs);
  }

  observe(situation: Situation, decision: Decision): void {
    const first = this.#numbers.firstOf(situation.program);
    if (first !== null) this.#recent.observe(situation, decision, first);
  }

  /** What was solved for this period and is not published yet, by the volumes' names; null if nothing was. */
  unpublished({ period }: AccountId): Readonly<Record<string, number>> | null {
    return this.#solved?.period === period ? this.#solved.mu : null;
  }

  /** These are in the prices of an epoch now. */
  published(mu: Readonly<Record<string, number>>): void {
    if (this.#solved?.mu === mu) this.#solved = null;
  }

  /** Begins to solve anew if it is time to. */
  refresh(rest: Rest): void {
    if (this.#isSolving || !this.#isDue(rest)) return;
    this.#pace(rest.atMs);
    this.#last = { account: rest.account, atMs: rest.atMs, seen: this.#recent.seen };
    this.#isSolving = true;
    void this.#solve(rest);
  }

  /** The beginning of a period changes everything, and so does twice as much that is known. */
  #isDue({ account, atMs, toCome, remainingMicros }: Rest): boolean {
    if (this.#recent.seen === 0 || remainingMicros === 0 || !(toCome > 0 && Number.isFinite(toCome))) return false;
    if (this.#last === null || this.#last.account.period !== account.period) return true;
    return Math.abs(atMs - this.#last.atMs) >= SOLVE_EVERY_MS || this.#recent.seen >= 2 * this.#last.seen;
  }

  /** Keeps as many of the requests to come as spread the sample over the solves it is for. */
  #pace(atMs: number): void {
    if (this.#last === null) return;
    const elapsedMs = Math.max(1, Math.abs(atMs - this.#last.atMs));
    const perSolve = ((this.#recent.seen - this.#last.seen) / elapsedMs) * SOLVE_EVERY_MS;
    this.#recent.keepOneIn(Math.max(1, Math.ceil((perSolve * SOLVES_SAMPLED) / SAMPLE_REQUESTS)));
  }

  async #solve({ account, remainingMicros, remainingVolumes, toCome }: Rest): Promise<void> {
    // What is used up is closed by its counter, at any price.
    const volumes = Object.entries(remainingVolumes).filter(([, offers]) => offers > 0);
    const caps = volumes.map(([name, offers]) => ({ actions: this.#numbers.countedIn(name), offers }));
    const block = this.#recent.sample();
    try {
      const muMicros = await this.#parts.allocator.prices(
        { block, actions: this.#numbers.count, share: block.users / toCome },
        { budgetMicros: remainingMicros, costWeight: 0, caps },
      );
      const mu = volumes.map(([name], j) => [name, (muMicros[j] ?? 0) / MICROS_PER_UNIT] as const);
      this.#solved = { period: account.period, mu: Object.fromEntries(mu) };
    } catch (cause) {
      this.#parts.failed(cause);
    } finally {
      this.#isSolving = false;
    }
  }
}

/** The actions of several programs, numbered one program after the other. */
class ActionNumbers {
  readonly count: number;
  readonly #programs: readonly Program[];
  readonly #first = new Map<string, number>();

  constructor(programs: readonly Program[]) {
    this.#programs = programs;
    let count = 0;
    for (const { digest, actions } of programs) {
      this.#first.set(digest, count);
      count += actions.length;
    }
    this.count = count;
  }

  /** The number of its `no_offer`; null for a program that is not one of them, as it is. */
  firstOf({ digest }: Program): number | null {
    return this.#first.get(digest) ?? null;
  }

  areThoseOf(programs: readonly Program[]): boolean {
    return programs.length === this.#programs.length && programs.every(({ digest }) => this.#first.has(digest));
  }

  /** Whose offers count against the volume. */
  countedIn(volume: string): readonly number[] {
    return this.#programs.flatMap(({ digest, actions }) => {
      const first = this.#first.get(digest) ?? 0;
      return actions.flatMap(({ volumes }, i) => (volumes.includes(volume) ? [first + i] : []));
    });
  }
}
