/** Commits that arrive in one turn of the event loop share a round trip, a deadline and its failure, not their outcome. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Condition } from "../../core/domain/cap.ts";
import type { Subject } from "../../core/domain/offer.ts";
import { invariant } from "../../core/errors.ts";
import type { OfferCommit } from "../../core/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { COMMIT_SCRIPT } from "./offer-scripts.ts";
import { packOffer } from "./packed-history.ts";

/** Redis serves nobody else while it runs one command: some 0.5 ms for so many. */
const COMMITS_PER_COMMAND_MAX = 64;

const OUTCOMES = ["committed", "repeated", "refused", "mismatch"] as const;
/** `repeated`: it was there already. `mismatch`: what is there is not a history. */
export type CommitOutcome = (typeof OUTCOMES)[number];

interface Batch {
  readonly commits: OfferCommit[];
  readonly outcomes: Promise<readonly CommitOutcome[]>;
}

export class OfferCommitter {
  readonly #connection: RedisConnection;
  /** The batch that this turn's commits join. */
  #open: Batch | null = null;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** @throws RedisTrouble, the same for all commits of the turn: each of them may have happened */
  async commit(commit: OfferCommit): Promise<CommitOutcome> {
    const batch = this.#batch();
    const place = batch.commits.push(commit) - 1;
    const outcome = (await batch.outcomes)[place];
    invariant(outcome !== undefined && OUTCOMES.includes(outcome), "the script tells an outcome for every commit");
    return outcome;
  }

  #batch(): Batch {
    const open = this.#open;
    if (open !== null && open.commits.length < COMMITS_PER_COMMAND_MAX) return open;
    const batch: Batch = { commits: [], outcomes: nextTurn().then(() => this.#run(batch)) };
    this.#open = batch;
    return batch;
  }

  async #run(batch: Batch): Promise<readonly CommitOutcome[]> {
    if (this.#open === batch) this.#open = null;
    const keys: string[] = [];
    const offers: Buffer[] = [];
    const asked = batch.commits.map(({ decisionId, offer, entries }) => [
      offer.decidedAtMs,
      ...entries.map(({ subject, keepUntilMs, conditions }) => {
        const packed = packOffer({ ...offer, decisionId, keepUntilMs });
        keys.push(historyKey(subject));
        offers.push(packed);
        return [packed.length, conditions.map(packedCondition)];
      }),
    ]);
    const reply = await this.#connection.run((redis) =>
      COMMIT_SCRIPT.run(redis, keys, JSON.stringify(asked), Buffer.concat(offers)),
    );
    return reply as readonly CommitOutcome[];
  }
}

/** The user, or cluster, is the key's hash tag, as it is of their features. */
export function historyKey({ scope, id }: Subject): string {
  return `liftgate:{${id}}:${scope}-offers`;
}

/** No name is empty: that stands for every one. */
function packedCondition({ cap, afterMs }: Condition): readonly unknown[] {
  return [afterMs, cap.max, cap.program ?? "", cap.action ?? "", cap.channel ?? ""];
}
