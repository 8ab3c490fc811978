/** A reservation and the instant from which it may be expired. */
export interface Due {
  readonly dueMs: number;
  readonly id: string;
}

/**
 * Reservations by the instant they fall due: a binary heap, O(log n) to add and to take. Entries of one
 * instant come in the order of their ids, so that what comes next depends on what is in it alone.
 */
export class DueQueue {
  readonly #heap: Due[] = [];

  add(due: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Due;
      if (!isBefore(due, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  /** The id that fell due first, and by `nowMs`; undefined if none did. */
  takeDue(nowMs: number): string | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = heap.pop() as Due;
    if (heap.length > 0) this.#sink(last);
    return first.id;
  }

  /** Puts `due` in the root's place and lets it sink to its own. */
  #sink(due: Due): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, left)) child++;
      const next = heap[child] as Due;
      if (!isBefore(next, due)) break;
      heap[at] = next;
      at = child;
    }
    heap[at] = due;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.id < b.id);
}
