import { invariant } from "../core/errors.ts";

/** The budget of a simulated day, in whole micros: what is in it can be spent, and nothing else. */
export class Purse {
  readonly amountMicros: number;
  #spentMicros = 0;

  constructor(amountMicros: number) {
    invariant(Number.isSafeInteger(amountMicros) && amountMicros >= 0, `expected whole micros, got ${amountMicros}`);
    this.amountMicros = amountMicros;
  }

  get spentMicros(): number {
    return this.#spentMicros;
  }

  get availableMicros(): number {
    return this.amountMicros - this.#spentMicros;
  }

  debit(micros: number): void {
    invariant(
      Number.isSafeInteger(micros) && micros >= 0 && micros <= this.availableMicros,
      `expected whole micros up to ${this.availableMicros}, got ${micros}`,
    );
    this.#spentMicros += micros;
  }
}
