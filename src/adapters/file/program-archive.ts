/**
 * Every program that ever decided, byte for byte: `<id>@<version>-<first 12 digits of the digest>.yaml`.
 *
 * A decision record names its program by id, version and digest; with the archive, replay finds the exact
 * file even when the live one has changed since. Files are written once and never changed.
 */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProgramText } from "../../contract/program-file.ts";
import type { Opened } from "../../core/ports.ts";
import { replaceDurably } from "./durable-file.ts";
import { digestOf, readProgram } from "./read-program.ts";

const DIGEST_DIGITS = 12;

export class ProgramArchive {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves when the bytes are on disk under their name. Rejects when they cannot be written. */
  async keep({ id, digest, bytes, file }: ProgramText): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, `${id}@${file.version}-${firstDigits(digest)}.yaml`);
    if ((await digestAt(path)) === digest) return;
    await replaceDurably(path, bytes);
  }

  /** The program file with this digest (`sha256:…`), verified. */
  async open(digest: string): Promise<Opened<ProgramText>> {
    const ending = `-${firstDigits(digest)}.yaml`;
    for (const name of await namesIn(this.#folder)) {
      const path = join(this.#folder, name);
      if (!name.endsWith(ending) || (await digestAt(path)) !== digest) continue;
      return await readProgram(name.slice(0, name.lastIndexOf("@")), path);
    }
    return {
      ok: false,
      faults: [{ path: this.#folder, rule: `holds no program with the digest ${digest}` }],
    };
  }
}

function firstDigits(digest: string): string {
  return digest.slice("sha256:".length, "sha256:".length + DIGEST_DIGITS);
}

/** Digest of the file's bytes; null when there is none. */
async function digestAt(path: string): Promise<string | null> {
  try {
    return digestOf(await readFile(path));
  } catch {
    return null;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
