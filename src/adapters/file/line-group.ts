import { invariant } from "../../core/errors.ts";

const LINE_FEED = 0x0a;
const CAPACITY_START_BYTES = 64 * 1024;
/** A UTF-16 code unit takes at most 3 bytes of UTF-8 (a surrogate pair takes 4 for two). */
const UTF8_BYTES_PER_UNIT_MAX = 3;

/**
 * Lines that are written together and share one fate, hence one promise. They are encoded once, into
 * a buffer that is kept from group to group.
 */
export class Group {
  #buffer = Buffer.allocUnsafeSlow(CAPACITY_START_BYTES);
  #bytes = 0;
  #lines = 0;
  #fate = Promise.withResolvers<void>();

  get bytes(): number {
    return this.#bytes;
  }

  get lines(): number {
    return this.#lines;
  }

  /** The encoded lines, valid until the group settles. */
  get encoded(): Uint8Array {
    return this.#buffer.subarray(0, this.#bytes);
  }

  /** @returns the fate of the group. */
  add(line: string): Promise<void> {
    invariant(!line.includes("\n"), "a record is one line without a line feed");
    this.#reserve(line.length * UTF8_BYTES_PER_UNIT_MAX + 1);
    this.#bytes += this.#buffer.write(line, this.#bytes);
    this.#buffer[this.#bytes++] = LINE_FEED;
    this.#lines += 1;
    return this.#fate.promise;
  }

  /** Every line is durable; the group is empty again. */
  acknowledge(): void {
    this.#fate.resolve();
    this.#reset();
  }

  /** No line is acknowledged; the group is empty again. */
  refuse(reason: Error): void {
    // An empty group has nobody who would handle the rejection.
    if (this.#lines > 0) this.#fate.reject(reason);
    this.#reset();
  }

  #reserve(bytes: number): void {
    const needed = this.#bytes + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#bytes);
    this.#buffer = grown;
  }

  #reset(): void {
    this.#bytes = 0;
    this.#lines = 0;
    this.#fate = Promise.withResolvers<void>();
  }
}
