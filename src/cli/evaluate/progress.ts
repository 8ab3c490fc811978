/** How far an evaluation is: a bar on a terminal, and a word to whoever started it. */
import { Presets, SingleBar } from "cli-progress";
import type { Starter } from "./starter.ts";

export class ReadingProgress {
  readonly #starter: Starter;
  readonly #bar = new SingleBar({ format: "evaluating {bar} {percentage}%", clearOnComplete: true }, Presets.legacy);
  #isShown = false;
  #passes = 0;
  #left = 0;
  #read = 0;
  #percent = 0;

  constructor(starter: Starter) {
    this.#starter = starter;
  }

  /** The bar: not before, as reading outcomes has one, too. */
  show(): void {
    this.#isShown = true;
    this.#bar.start(100, this.#percent);
  }

  /** The log is read once more, and so often after that. */
  beginPass(left: number): void {
    this.#passes += 1;
    this.#left = left;
    this.#read = 0;
  }

  /** One more of so many parts was read. The starter is told of every hundredth once, however many there are. */
  advance(parts: number): void {
    this.#read += 1;
    const share = (this.#passes - 1 + this.#read / parts) / (this.#passes + this.#left);
    const percent = Math.floor(100 * share);
    if (percent <= this.#percent) return;
    this.#percent = percent;
    if (this.#isShown) this.#bar.update(percent);
    this.#starter({ kind: "read", share: percent / 100 });
  }

  stop(): void {
    this.#bar.stop();
  }
}
