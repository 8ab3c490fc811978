import { type Hull, hullFor, upperHull } from "../numerics/upper-hull.ts";
import { type ChargedBlock, mostOptions } from "./charge.ts";

/** One user's steps up the hull, and the block whose options they lead to. */
export type Visit = (user: number, steps: number, hull: Hull, block: ChargedBlock) => void;

/** Visits every user that has anything worth offering, in order. The hull is overwritten by the next user's. */
export function climb(blocks: Iterable<ChargedBlock>, visit: Visit): void {
  let hull = hullFor(0);
  for (const block of blocks) {
    const most = mostOptions(block);
    if (hull.option.length < most) hull = hullFor(most);
    const { users, offsets, gain, cost, firstUser } = block;
    const options = { value: gain, cost, from: 0, to: 0 };
    for (let user = 0; user < users; user++) {
      options.from = offsets[user] as number;
      options.to = offsets[user + 1] as number;
      const steps = upperHull(options, hull);
      if (steps > 0) visit(firstUser + user, steps, hull, block);
    }
  }
}
