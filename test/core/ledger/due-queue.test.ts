import fc from "fast-check";
import { expect, test } from "vitest";
import { type Due, DueQueue } from "../../../src/core/ledger/due-queue.ts";

const SEED = 20261125;

test("what is due comes out in the order of sorting, and nothing else", () => {
  const entry = fc.record({ dueMs: fc.nat(50), id: fc.string({ minLength: 1, maxLength: 3 }) });
  fc.assert(
    fc.property(fc.array(entry), fc.nat(60), (entries, nowMs) => {
      const queue = new DueQueue();
      for (const due of entries) queue.add(due);
      const sorted = entries.filter(({ dueMs }) => dueMs <= nowMs).toSorted(byInstantThenId);
      expect(takeAll(queue, nowMs)).toEqual(sorted.map(({ id }) => id));
      const rest = entries.filter(({ dueMs }) => dueMs > nowMs).toSorted(byInstantThenId);
      expect(takeAll(queue, Infinity)).toEqual(rest.map(({ id }) => id));
    }),
    { seed: SEED },
  );
});

function byInstantThenId(a: Due, b: Due): number {
  return a.dueMs - b.dueMs || (a.id < b.id ? -1 : Number(a.id > b.id));
}

function takeAll(queue: DueQueue, nowMs: number): string[] {
  const taken: string[] = [];
  for (let id = queue.takeDue(nowMs); id !== undefined; id = queue.takeDue(nowMs)) taken.push(id);
  return taken;
}
