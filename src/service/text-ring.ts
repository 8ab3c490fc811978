/**
 * The newest answers with the bodies they answer, by key, in a fixed number of bytes outside the heap.
 *
 * Kept as strings, answers would outlive every collection of young objects, and copying them about
 * would cost a request more than its decision does. Offsets are virtual: they only grow, and the byte
 * at offset v lies at v mod capacity. So an entry is whole as long as it starts within one capacity
 * of the end, and the oldest entries go as the end moves on.
 */
const ENTRIES_MAX = 65_536;

export interface Entry {
  readonly body: string;
  readonly answer: string;
}

export class TextRing {
  readonly #bytes: Buffer;
  readonly #slots = new Map<string, number>();
  /** By slot; a slot is an entry's number mod `ENTRIES_MAX`. */
  readonly #keys: string[] = [];
  readonly #starts = new Float64Array(ENTRIES_MAX);
  readonly #bodyBytes = new Uint32Array(ENTRIES_MAX);
  readonly #answerBytes = new Uint32Array(ENTRIES_MAX);
  #oldest = 0;
  #next = 0;
  #end = 0;

  constructor(capacityBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  get(key: string): Entry | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    const start = (this.#starts[slot] as number) % this.#bytes.length;
    const middle = start + (this.#bodyBytes[slot] as number);
    const end = middle + (this.#answerBytes[slot] as number);
    return { body: this.#bytes.toString("utf8", start, middle), answer: this.#bytes.toString("utf8", middle, end) };
  }

  /** Keeps the entry, unless it is larger than the ring; a key is set once while it is held. */
  set(key: string, { body, answer }: Entry): void {
    const bodyBytes = Buffer.byteLength(body);
    const answerBytes = Buffer.byteLength(answer);
    const start = this.#startOf(bodyBytes + answerBytes);
    if (start === null) return;
    this.#end = start + bodyBytes + answerBytes;
    this.#makeRoom();
    const at = start % this.#bytes.length;
    this.#bytes.write(body, at);
    this.#bytes.write(answer, at + bodyBytes);
    this.#place(key, { start, bodyBytes, answerBytes });
  }

  /** Where an entry of this size begins: at the end, or at the next turn of the ring where it would be cut. */
  #startOf(bytes: number): number | null {
    const capacity = this.#bytes.length;
    const room = capacity - (this.#end % capacity);
    if (bytes > capacity) return null;
    return bytes > room ? this.#end + room : this.#end;
  }

  #makeRoom(): void {
    const intactFrom = this.#end - this.#bytes.length;
    while (this.#oldest < this.#next) {
      const slot = this.#oldest % ENTRIES_MAX;
      const full = this.#next - this.#oldest === ENTRIES_MAX;
      if (!full && (this.#starts[slot] as number) >= intactFrom) return;
      this.#slots.delete(this.#keys[slot] as string);
      this.#oldest += 1;
    }
  }

  #place(
    key: string,
    { start, bodyBytes, answerBytes }: { start: number; bodyBytes: number; answerBytes: number },
  ): void {
    const slot = this.#next % ENTRIES_MAX;
    this.#next += 1;
    this.#keys[slot] = key;
    this.#starts[slot] = start;
    this.#bodyBytes[slot] = bodyBytes;
    this.#answerBytes[slot] = answerBytes;
    this.#slots.set(key, slot);
  }
}
