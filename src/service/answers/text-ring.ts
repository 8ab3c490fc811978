/**
 * The newest answers with the fingerprints of the questions they answer, by key, in a fixed number of bytes outside the heap.
 * The caller gives each key with its hash, a whole number from 0 on: the same for the same key.
 *
 * Kept as strings, keys and answers would outlive every collection of young objects and be copied each
 * time; bytes and numbers are not. Offsets are virtual: they only grow, and the
 * byte at offset v lies at v mod capacity. So an entry is whole as long as it starts within one
 * capacity of the end, and the oldest entries go as the end moves on. Keys are found by chains of
 * entries with the same hash, in arrays of numbers; the stored key decides.
 */
const ENTRIES_MAX = 65_536;
const BUCKETS = 131_072;
const NONE = -1;

export interface Entry {
  readonly fingerprint: string;
  readonly answer: string;
}

export class TextRing {
  readonly #bytes: Buffer;
  /** By bucket: the slot of its newest entry. A slot is an entry's number mod `ENTRIES_MAX`. */
  readonly #heads = new Int32Array(BUCKETS).fill(NONE);
  /** By slot: the next older entry of the bucket. */
  readonly #older = new Int32Array(ENTRIES_MAX).fill(NONE);
  readonly #buckets = new Int32Array(ENTRIES_MAX);
  readonly #starts = new Float64Array(ENTRIES_MAX);
  /** Three a slot: bytes of key, fingerprint and answer, which follow each other. */
  readonly #lengths = new Uint32Array(3 * ENTRIES_MAX);
  #oldest = 0;
  #next = 0;
  #end = 0;

  constructor(capacityBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  get(key: string, hash: number): Entry | undefined {
    let slot = this.#heads[hash % BUCKETS] as number;
    while (slot !== NONE && this.#part(slot, 0).toString() !== key) slot = this.#older[slot] as number;
    if (slot === NONE) return undefined;
    return { fingerprint: this.#part(slot, 1).toString(), answer: this.#part(slot, 2).toString() };
  }

  /** Keeps the entry, unless it is larger than the ring; a key is set once while it is held. */
  set(key: string, hash: number, { fingerprint, answer }: Entry): void {
    const keyBytes = Buffer.byteLength(key);
    const fingerprintBytes = Buffer.byteLength(fingerprint);
    const answerBytes = Buffer.byteLength(answer);
    const start = this.#startOf(keyBytes + fingerprintBytes + answerBytes);
    if (start === null) return;
    this.#makeRoom();
    const slot = this.#next % ENTRIES_MAX;
    this.#next += 1;
    this.#starts[slot] = start;
    this.#lengths[3 * slot] = keyBytes;
    this.#lengths[3 * slot + 1] = fingerprintBytes;
    this.#lengths[3 * slot + 2] = answerBytes;
    const at = start % this.#bytes.length;
    this.#bytes.write(key, at);
    this.#bytes.write(fingerprint, at + keyBytes);
    this.#bytes.write(answer, at + keyBytes + fingerprintBytes);
    this.#link(slot, hash % BUCKETS);
  }

  /** The key (0), fingerprint (1) or answer (2) of an entry. */
  #part(slot: number, part: 0 | 1 | 2): Buffer {
    let start = (this.#starts[slot] as number) % this.#bytes.length;
    for (let i = 0; i < part; i++) start += this.#lengths[3 * slot + i] as number;
    return this.#bytes.subarray(start, start + (this.#lengths[3 * slot + part] as number));
  }

  /** Takes room at the end, or at the next turn of the ring where an entry of this size would be cut. */
  #startOf(bytes: number): number | null {
    const capacity = this.#bytes.length;
    if (bytes > capacity) return null;
    const room = capacity - (this.#end % capacity);
    const start = bytes > room ? this.#end + room : this.#end;
    this.#end = start + bytes;
    return start;
  }

  /** Lets go of entries that the end has run over, and of the oldest when all slots are taken. */
  #makeRoom(): void {
    const intactFrom = this.#end - this.#bytes.length;
    while (this.#oldest < this.#next) {
      const slot = this.#oldest % ENTRIES_MAX;
      const full = this.#next - this.#oldest === ENTRIES_MAX;
      if (!full && (this.#starts[slot] as number) >= intactFrom) return;
      this.#unlink(slot);
      this.#oldest += 1;
    }
  }

  #link(slot: number, bucket: number): void {
    this.#buckets[slot] = bucket;
    this.#older[slot] = this.#heads[bucket] as number;
    this.#heads[bucket] = slot;
  }

  #unlink(slot: number): void {
    const bucket = this.#buckets[slot] as number;
    const older = this.#older[slot] as number;
    let newer = this.#heads[bucket] as number;
    if (newer === slot) {
      this.#heads[bucket] = older;
      return;
    }
    while (this.#older[newer] !== slot) newer = this.#older[newer] as number;
    this.#older[newer] = older;
  }
}
