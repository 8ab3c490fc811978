import type { Decision, Situation } from "../../core/domain/decision.ts";
import type { Program } from "../../core/domain/program.ts";
import { EpochTally, type TallyTime } from "../../core/pacing/epoch-tally.ts";
import { added, type Sums } from "../../core/pacing/sums.ts";

/** What this replica has seen of a pool's programs in one period, and not told yet. */
export class PeriodTally {
  /** By the program's digest: a changed program is another. */
  readonly #tallies = new Map<string, EpochTally>();
  /** Drained, but not known to be on the board. */
  #untold: Sums = {};

  observe(situation: Situation, decision: Decision, chargedMicros: number): void {
    this.#of(situation.program).observe(situation, decision, chargedMicros);
  }

  /** All of it, as of now, until it is told. */
  drain(time: TallyTime): Sums {
    for (const [digest, tally] of this.#tallies) {
      const seen = tally.drain(time);
      // Nobody decides by this program any more, most likely.
      if (Object.keys(seen).length === 0) this.#tallies.delete(digest);
      else this.#untold = added(this.#untold, seen);
    }
    return this.#untold;
  }

  /** What was drained is on the board. */
  told(): void {
    this.#untold = {};
  }

  #of({ digest, actions }: Program): EpochTally {
    const known = this.#tallies.get(digest);
    if (known !== undefined) return known;
    const tally = new EpochTally({ actions });
    this.#tallies.set(digest, tally);
    return tally;
  }
}
