import { describe, expect, it } from "vitest";
import { WorkerAllocator } from "../../../src/adapters/worker/worker-allocator.ts";
import { allocate } from "../../../src/core/allocation/allocate.ts";
import { arrange } from "../../../src/core/allocation/arrange.ts";
import { samplePrices } from "../../../src/core/allocation/sample-prices.ts";
import { someUsers } from "../../support/knapsack.ts";

const CONSTRAINTS = { budgetMicros: 40e6, costWeight: 0, caps: [{ actions: [1], offers: 5 }] } as const;
const ACTIONS = 4;

function blockOf(seed: number) {
  return arrange(someUsers({ users: 200, actions: ACTIONS, seed })).block;
}

describe("a worker that allocates", () => {
  it("answers each caller as if it had run here", async () => {
    const allocator = new WorkerAllocator();
    const seeds = [1, 2, 3];
    const answers = await Promise.all(seeds.map((seed) => allocator.allocate(blockOf(seed), ACTIONS, CONSTRAINTS)));
    for (const [i, seed] of seeds.entries()) {
      const block = blockOf(seed);
      expect(answers[i]).toEqual(
        allocate({ users: block.users, actions: ACTIONS, blocks: () => [block] }, CONSTRAINTS),
      );
    }
    await allocator.close();
  });

  it("solves the prices of a sample as if it had run here", async () => {
    const allocator = new WorkerAllocator();
    const block = blockOf(4);
    const prices = samplePrices({ users: block.users, actions: ACTIONS, blocks: () => [block] }, CONSTRAINTS, 0.5);
    expect(prices[0]).toBeGreaterThan(0);
    expect(await allocator.prices({ block: blockOf(4), actions: ACTIONS, share: 0.5 }, CONSTRAINTS)).toEqual(prices);
    await allocator.close();
  });

  it("leaves the event loop free meanwhile", async () => {
    const allocator = new WorkerAllocator();
    const block = arrange(someUsers({ users: 20_000, actions: ACTIONS, seed: 4 })).block;
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await allocator.allocate(block, ACTIONS, CONSTRAINTS);
    done = true;
    // Had it run here, no turn would have passed but the first.
    expect(turns).toBeGreaterThan(10);
    await allocator.close();
  });

  it("tells callers who still wait when it is closed, and starts again when asked again", async () => {
    const allocator = new WorkerAllocator();
    const waiting = allocator.allocate(blockOf(1), ACTIONS, CONSTRAINTS);
    const [, outcome] = await Promise.all([allocator.close(), waiting.catch(String)]);
    expect(outcome).toBe("Error: the worker was ended");
    expect((await allocator.allocate(blockOf(1), ACTIONS, CONSTRAINTS)).gap).toBeLessThan(0.2);
    await allocator.close();
  });

  it("fails a caller whose problem makes no sense, and not the next one", async () => {
    const allocator = new WorkerAllocator();
    const senseless = { ...CONSTRAINTS, caps: [{ actions: [99], offers: 1 }] };
    await expect(allocator.allocate(blockOf(1), ACTIONS, senseless)).rejects.toThrow(
      "Cannot read properties of undefined",
    );
    expect((await allocator.allocate(blockOf(1), ACTIONS, CONSTRAINTS)).offers).toBeGreaterThan(0);
    await allocator.close();
  });
});
