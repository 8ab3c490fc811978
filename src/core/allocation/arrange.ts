import { uniformFromHash } from "../numerics/murmur3.ts";
import type { CandidateBlock, Candidates } from "./candidates.ts";

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
 * The users by a hash of their ids, as candidates in one block, with the ids in that order: what is allocated
 * then depends on who the users are, not on who came first.
 */
export function arrange(
  users: readonly UserOptions[],
  actions: number,
): { readonly userIds: readonly string[]; readonly candidates: Candidates } {
  const keyed = users.map((user) => ({ user, key: uniformFromHash(user.userId) }));
  keyed.sort((a, b) => a.key - b.key || (a.user.userId < b.user.userId ? -1 : 1));
  const block = toBlock(keyed.map(({ user }) => user));
  return {
    userIds: keyed.map(({ user }) => user.userId),
    candidates: { users: block.users, actions, blocks: () => [block] },
  };
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
