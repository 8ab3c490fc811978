import type { Candidates } from "./candidates.ts";

/** A block of candidates as the objective sees them: gain g = V − w·k and charged cost k = max(c, 0), in micros. */
export interface ChargedBlock {
  /** Number of the block's first user among all users. */
  readonly firstUser: number;
  readonly users: number;
  readonly offsets: Uint32Array;
  readonly action: Uint16Array;
  readonly gain: Float64Array;
  readonly cost: Float64Array;
}

/** All candidates, charged. The arrays of a block are overwritten by the next. */
export function* charge({ blocks }: Candidates, costWeight: 0 | 1): Generator<ChargedBlock, void, void> {
  let firstUser = 0;
  let gain = new Float64Array(0);
  let cost = new Float64Array(0);
  for (const { users, offsets, action, valueMicros, costMicros } of blocks()) {
    const options = offsets[users] as number;
    if (gain.length < options) {
      gain = new Float64Array(options);
      cost = new Float64Array(options);
    }
    for (let option = offsets[0] as number; option < options; option++) {
      const charged = Math.max(0, costMicros[option] as number);
      cost[option] = charged;
      gain[option] = (valueMicros[option] as number) - costWeight * charged;
    }
    yield { firstUser, users, offsets, action, gain, cost };
    firstUser += users;
  }
}

/** The most candidates any one user of the block has. */
export function mostOptions({ users, offsets }: Pick<ChargedBlock, "users" | "offsets">): number {
  let most = 0;
  for (let user = 0; user < users; user++) {
    most = Math.max(most, (offsets[user + 1] as number) - (offsets[user] as number));
  }
  return most;
}
