/** The program files: `<id>.yaml` in one folder, one program each, with `<id>.canary.yaml` where it has a canary. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Slug } from "../../contract/identifiers.ts";
import type { CanaryText } from "../../contract/canary-file.ts";
import type { ProgramText } from "../../contract/program-file.ts";
import type { Opened } from "../../core/ports.ts";
import { readCanary } from "./canary-file.ts";
import { readProgram } from "./read-program.ts";

const CANARY_ENDING = /\.canary$/;

export class ProgramFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Ids of every program file, sorted; `x.yml` counts, so that a misnamed file is refused and not missed.
   * So does a canary whose program is not there. Rejects when the folder cannot be read.
   */
  async list(): Promise<readonly string[]> {
    const names = await readdir(this.#folder);
    const ids = names
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .map((name) => name.replace(/\.ya?ml$/, "").replace(CANARY_ENDING, ""));
    return [...new Set(ids)].toSorted();
  }

  /** The file's well-formed content, whole or not at all. */
  async read(id: string): Promise<Opened<ProgramText>> {
    const rule = "a program file is named <id>.yaml, the id 1 to 64 characters of a-z 0-9 _ -";
    if (!Slug.safeParse(id).success) return { ok: false, faults: [{ path: "", rule }] };
    return await readProgram(id, join(this.#folder, `${id}.yaml`));
  }

  /** The program that decides for a share of its units; null when there is none. */
  async canary(id: string): Promise<Opened<CanaryText> | null> {
    const names = await readdir(this.#folder);
    return names.some((name) => name.replace(/\.ya?ml$/, "") === `${id}.canary`)
      ? await readCanary(this.#folder, id)
      : null;
  }
}
