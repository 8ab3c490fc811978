/** The worker's side: one task after the other. */
import { parentPort } from "node:worker_threads";
import { allocate } from "../../core/allocation/allocate.ts";
import { samplePrices } from "../../core/allocation/sample-prices.ts";
import { invariant } from "../../core/errors.ts";
import type { Asked, Done } from "./worker-allocator.ts";

const port = parentPort;
invariant(port !== null, "expected to run in a worker");
port.on("message", (asked: Asked) => port.postMessage(doneOf(asked)));

function doneOf({ id, task }: Asked): Done {
  const { kind, block, actions, constraints } = task;
  const candidates = { users: block.users, actions, blocks: () => [block] };
  return kind === "allocation"
    ? { id, kind, allocation: allocate(candidates, constraints) }
    : { id, kind, muMicros: samplePrices(candidates, constraints, task.share) };
}
