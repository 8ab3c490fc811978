/**
 * A list of texts as one value, since ioredis takes time for every element of a list: MessagePack, as far as Redis'
 * `cmsgpack.pack` makes it of texts, `false`, and lists of one text that say what went wrong.
 * https://github.com/msgpack/msgpack/blob/master/spec.md
 */
import { invariant } from "../../core/errors.ts";

const FALSE = 0xc2;
const LIST_OF_ONE = 0x91;
/** A list of up to 15 says its length in its first byte. */
const SHORT_LIST = 0x90;
const LIST_16 = 0xdc;
/** A text of up to 31 bytes says its length in its first byte, any other in one, two or four bytes after it. */
const SHORT_TEXT = 0xa0;
const SHORT_TEXT_MAX = 31;
const TEXT_8 = 0xd9;
const TEXT_16 = 0xda;
const TEXT_32 = 0xdb;

/** Reads the elements one after the other. */
export class PackedReplies {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const head = bytes[0];
    invariant(head === LIST_16 || (head !== undefined && head >> 4 === SHORT_LIST >> 4), "the replies are a list");
    this.#at = head === LIST_16 ? 3 : 1;
  }

  /** The next text as bytes; null instead of `false`. */
  bytes(): Buffer | null {
    if (this.#isNext(FALSE)) return null;
    const end = this.#textEnd();
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** What went wrong; null instead of `false`: nothing did. */
  error(): Error | null {
    const next = this.text();
    invariant(typeof next !== "string", "the reply says what went wrong, or nothing");
    return next;
  }

  /** The next text, a byte a character; null instead of `false`; what went wrong as an error. */
  text(): string | Error | null {
    if (this.#isNext(FALSE)) return null;
    return this.#isNext(LIST_OF_ONE) ? new Error(this.#text()) : this.#text();
  }

  #text(): string {
    const end = this.#textEnd();
    const text = end === this.#at ? "" : this.#bytes.toString("latin1", this.#at, end);
    this.#at = end;
    return text;
  }

  #isNext(head: number): boolean {
    if (this.#bytes[this.#at] !== head) return false;
    this.#at += 1;
    return true;
  }

  /** From the head of a text to the first byte of it. Where it ends. */
  #textEnd(): number {
    const head = this.#bytes[this.#at] ?? NaN;
    this.#at += 1;
    const short = head - SHORT_TEXT;
    if (short >= 0 && short <= SHORT_TEXT_MAX) return this.#at + short;
    const lengthBytes = head === TEXT_8 ? 1 : head === TEXT_16 ? 2 : 4;
    invariant(lengthBytes < 4 || head === TEXT_32, "a reply is a text");
    const length = this.#bytes.readUIntBE(this.#at, lengthBytes);
    this.#at += lengthBytes;
    return this.#at + length;
  }
}
