/** The worker's side: one allocation after the other. */
import { parentPort } from "node:worker_threads";
import { allocate } from "../../core/allocation/allocate.ts";
import { invariant } from "../../core/errors.ts";
import type { Finished, Task } from "./worker-allocator.ts";

const port = parentPort;
invariant(port !== null, "expected to run in a worker");
port.on("message", ({ id, actions, block, constraints }: Task) => {
  const candidates = { users: block.users, actions, blocks: () => [block] };
  const finished: Finished = { id, allocation: allocate(candidates, constraints) };
  port.postMessage(finished);
});
