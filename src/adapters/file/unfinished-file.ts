/** A file that is there whole, or not at all: written beside its place, and renamed. */
import { once } from "node:events";
import { createWriteStream, openSync, rmSync, type WriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { finished } from "node:stream/promises";

export class UnfinishedFile {
  readonly #path: string;
  readonly #beside: string;
  readonly #stream: WriteStream;
  readonly #remove: () => void;
  #trouble: unknown;

  /** Throws what the file system throws where it cannot be made. */
  constructor(path: string) {
    this.#path = path;
    this.#beside = `${path}.unfinished`;
    // At once: a file that is still being opened when the process exits would be there after it was removed.
    this.#stream = createWriteStream(this.#beside, { fd: openSync(this.#beside, "w") });
    this.#stream.on("error", (trouble) => (this.#trouble = trouble));
    this.#remove = () => rmSync(this.#beside, { force: true });
    process.once("exit", this.#remove);
  }

  async write(text: string): Promise<void> {
    if (this.#trouble !== undefined) throw this.#trouble;
    if (!this.#stream.write(text)) await once(this.#stream, "drain");
  }

  /** Puts it in its place, over what was there. */
  async finish(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream);
    await rename(this.#beside, this.#path);
    process.off("exit", this.#remove);
  }

  /** Nothing stays of a file that was not finished. */
  [Symbol.dispose](): void {
    this.#stream.destroy();
    this.#remove();
    process.off("exit", this.#remove);
  }
}
