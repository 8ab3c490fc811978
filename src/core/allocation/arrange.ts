import { uniformFromHash } from "../numerics/murmur3.ts";
import type { CandidateBlock } from "./candidates.ts";

/** One user and what may be offered to them; actions by number. */
export interface UserOptions {
  readonly userId: string;
  readonly options: readonly Option[];
}

export interface Option {
  readonly action: number;
  readonly valueMicros: number;
  readonly costMicros: number;
}

/**
 * The users by a hash of their ids, as one block, with the ids in that order: what is allocated then depends on
 * who the users are, not on who came first.
 */
export function arrange(users: readonly UserOptions[]): {
  readonly userIds: readonly string[];
  readonly block: CandidateBlock;
} {
  const keyed = users.map((user) => ({ user, key: uniformFromHash(user.userId) }));
  keyed.sort((a, b) => a.key - b.key || (a.user.userId < b.user.userId ? -1 : 1));
  return { userIds: keyed.map(({ user }) => user.userId), block: toBlock(keyed.map(({ user }) => user)) };
}

function toBlock(users: readonly UserOptions[]): CandidateBlock {
  const offsets = new Uint32Array(users.length + 1);
  users.forEach(({ options }, i) => {
    offsets[i + 1] = (offsets[i] as number) + options.length;
  });
  // Options by action, so that theirs is no order of arrival either.
  const options = users.flatMap((user) => user.options.toSorted((a, b) => a.action - b.action));
  return {
    users: users.length,
    offsets,
    action: Uint16Array.from(options, ({ action }) => action),
    valueMicros: Float64Array.from(options, ({ valueMicros }) => valueMicros),
    costMicros: Float64Array.from(options, ({ costMicros }) => costMicros),
  };
}
