/**
 * What is being decided now, by key: a hash table of fixed size, chained.
 *
 * Not a `Map`: with one, a tenth of all processor time was lost and collections of young objects took
 * 6 ms instead of 2.5. A Map whose entries come and go is built anew again and again, and it seems that
 * its former tables, once old, keep what they point to alive.
 */
const BUCKETS = 1_024;

interface Link<T> {
  readonly key: string;
  readonly value: T;
  next: Link<T> | null;
}

/** The caller gives each key with its hash, a whole number from 0 on: the same for the same key. */
export class UnderWay<T> {
  readonly #heads: (Link<T> | null)[] = Array.from({ length: BUCKETS }, () => null);

  get(key: string, hash: number): T | undefined {
    let link = this.#heads[hash % BUCKETS] ?? null;
    while (link !== null && link.key !== key) link = link.next;
    return link?.value;
  }

  /** A key is added once until it is deleted. */
  add(key: string, hash: number, value: T): void {
    const bucket = hash % BUCKETS;
    this.#heads[bucket] = { key, value, next: this.#heads[bucket] ?? null };
  }

  delete(key: string, hash: number): void {
    const bucket = hash % BUCKETS;
    const head = this.#heads[bucket] ?? null;
    if (head === null || head.key === key) {
      this.#heads[bucket] = head?.next ?? null;
      return;
    }
    let before = head;
    while (before.next !== null && before.next.key !== key) before = before.next;
    before.next = before.next?.next ?? null;
  }
}
