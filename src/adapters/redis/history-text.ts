/** Reads the text of a history part by part: in half the time of a regular expression, which most of a read was. */

const SPACE = 0x20;
const LINE_END = 0x0a;
const DASH = 0x2d;
const DIGIT_0 = 0x30;
const INSTANT_DIGITS_MAX = 15;
const NAME_CHARS_MAX = 64;

/** Of a decision's id. */
export const ID_CHARS = 36;
const DASHES_AT = [8, 13, 18, 23] as const;
/** By character: whether a name may have it. */
const IN_NAMES = new Uint8Array(0x80);
for (const char of "0123456789abcdefghijklmnopqrstuvwxyz_-") IN_NAMES[char.charCodeAt(0)] = 1;

/** Once a part is not as it must be the text is wrong, whatever is read after it. */
export class HistoryText {
  readonly #text: string;
  #at = 0;
  #isWrong = false;

  constructor(text: string) {
    this.#text = text;
  }

  get isWrong(): boolean {
    return this.#isWrong;
  }

  get isOver(): boolean {
    return this.#at === this.#text.length;
  }

  /** A decision's id. By its shape: only scripts look for it, and its digits say nothing. */
  id(): string {
    const from = this.#at;
    const end = from + ID_CHARS;
    for (const dash of DASHES_AT) if (this.#text.charCodeAt(from + dash) !== DASH) return this.#wrong("");
    const lineEnd = this.#text.indexOf("\n", from);
    if (end > this.#text.length || (lineEnd >= 0 && lineEnd < end)) return this.#wrong("");
    this.#at = end;
    return this.#text.slice(from, end);
  }

  /** Of a program, an action or a channel. */
  name(): string {
    const from = this.#at;
    let end = from;
    while (IN_NAMES[this.#text.charCodeAt(end)] === 1) end++;
    if (end === from || end - from > NAME_CHARS_MAX) return this.#wrong("");
    this.#at = end;
    return this.#text.slice(from, end);
  }

  /** Milliseconds since 1970. */
  instant(): number {
    const from = this.#at;
    let end = from;
    let ms = 0;
    for (; end < this.#text.length; end++) {
      const digit = this.#text.charCodeAt(end) - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      ms = 10 * ms + digit;
    }
    if (end === from || end - from > INSTANT_DIGITS_MAX) return this.#wrong(NaN);
    this.#at = end;
    return ms;
  }

  passSpace(): void {
    if (!this.#passes(SPACE)) this.#isWrong = true;
  }

  passLineEnd(): void {
    if (!this.#passes(LINE_END)) this.#isWrong = true;
  }

  /** Whether there is a space, which is passed. */
  hasSpace(): boolean {
    return this.#passes(SPACE);
  }

  #passes(char: number): boolean {
    if (this.isOver || this.#text.charCodeAt(this.#at) !== char) return false;
    this.#at += 1;
    return true;
  }

  #wrong<T>(nothing: T): T {
    this.#isWrong = true;
    return nothing;
  }
}
