/** A file that is there whole, or not at all: written beside its place, and renamed. */
import { once } from "node:events";
import { createWriteStream, rmSync, type WriteStream } from "node:fs";
import { open, rename } from "node:fs/promises";
import { finished } from "node:stream/promises";

export class UnfinishedFile {
  readonly #path: string;
  readonly #beside: string;
  readonly #stream: WriteStream;
  readonly #remove: () => void;
  #trouble: unknown;

  private constructor(path: string, beside: string) {
    this.#path = path;
    this.#beside = beside;
    this.#stream = createWriteStream(beside);
    this.#stream.on("error", (trouble) => (this.#trouble = trouble));
    this.#remove = () => rmSync(beside, { force: true });
    process.once("exit", this.#remove);
  }

  /** Throws what the file system throws where it cannot be made. */
  static async create(path: string): Promise<UnfinishedFile> {
    const beside = `${path}.unfinished`;
    await (await open(beside, "w")).close();
    return new UnfinishedFile(path, beside);
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
