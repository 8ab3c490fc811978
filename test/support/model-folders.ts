/** Model folders in a temporary directory: copies of good ones, to be damaged by tests. */
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ModelFolder } from "../../src/adapters/onnx/model-folder.ts";
import type { VerificationLimits } from "../../src/adapters/onnx/verify-in-child.ts";
import type { Fault, Opened } from "../../src/core/ports.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
/** Made by `test/golden/onnx/make_fixtures.py`: 4 features, 2 actions, 2 replicates, trees only. */
export const TINY = "tiny/1";
export const TINY_DIRECTORY = path.join(REPOSITORY, "test/golden/onnx");
/** The model this repository ships. */
export const SHIPPED = "hillstrom-email/1";
export const SHIPPED_DIRECTORY = path.join(REPOSITORY, "models");
/** When every test of the loader happens. */
export const NOW_MS = Date.parse("2026-11-21T12:00:00Z");
export const MIB = 1024 * 1024;
/** Half the memory of the service's own limits: a bomb goes off sooner. */
export const LIMITS: VerificationLimits = { memoryBytesMax: 512 * MIB, timeMsMax: 30_000 };

/** A temporary models directory. Remove it when done. */
export class ModelsDirectory {
  readonly path: string;

  private constructor(directory: string) {
    this.path = directory;
  }

  static async create(): Promise<ModelsDirectory> {
    return new ModelsDirectory(await mkdtemp(path.join(tmpdir(), "liftgate-models-")));
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** Copies a good folder in, over whatever is there. */
  async add(directory: string, folder: string): Promise<void> {
    await this.drop(folder);
    await cp(path.join(directory, folder), path.join(this.path, folder), { recursive: true });
  }

  /** Copies a folder of this directory under another name. */
  async addAs(folder: string, name: string): Promise<void> {
    await cp(path.join(this.path, folder), path.join(this.path, name), { recursive: true });
  }

  async drop(folder: string): Promise<void> {
    await rm(path.join(this.path, folder), { recursive: true, force: true });
  }

  file(folder: string, name: string): string {
    return path.join(this.path, folder, name);
  }

  async read(folder: string, name: string): Promise<Buffer> {
    return readFile(this.file(folder, name));
  }

  /** Writes a file as it is: the manifest knows nothing of it. */
  async write(folder: string, name: string, content: Uint8Array | string): Promise<void> {
    await writeFile(this.file(folder, name), content);
  }

  /** Writes a file and its hash and size into the manifest: the folder is consistent, but another one. */
  async writeHashed(folder: string, name: string, content: Uint8Array): Promise<void> {
    await this.write(folder, name, content);
    const sha256 = createHash("sha256").update(content).digest("hex");
    await this.patchManifest(folder, ["files", name], { sha256, bytes: content.length });
  }

  /** Puts one of the bad graphs of `test/golden/onnx/graphs` in the place of the tiny model's, hashed. */
  async useGraph(name: string): Promise<void> {
    await this.writeHashed(TINY, "model.onnx", await readFile(path.join(TINY_DIRECTORY, "graphs", `${name}.onnx`)));
  }

  /** Sets the value at a path of the manifest; undefined removes it. */
  async patchManifest(folder: string, at: readonly (string | number)[], value: unknown): Promise<void> {
    await this.#patch(folder, "manifest.json", at, value);
  }

  /** Sets the value at a path of the golden rows, and their new hash. */
  async patchGolden(folder: string, at: readonly (string | number)[], value: unknown): Promise<void> {
    await this.#patch(folder, "golden.json", at, value);
    await this.writeHashed(folder, "golden.json", await this.read(folder, "golden.json"));
  }

  async #patch(folder: string, name: string, at: readonly (string | number)[], value: unknown): Promise<void> {
    const root = JSON.parse((await this.read(folder, name)).toString("utf8"));
    let holder = root;
    for (const key of at.slice(0, -1)) holder = holder[key];
    const last = at.at(-1) ?? "";
    if (value === undefined) delete holder[last];
    else holder[last] = value;
    await this.write(folder, name, JSON.stringify(root));
  }
}

/** Faults as `path: rule` lines; empty when it was opened. */
export function faultLines<T>(opened: Opened<T>): readonly string[] {
  return opened.ok ? [] : lines(opened.faults);
}

export function lines(faults: readonly Fault[]): readonly string[] {
  return faults.map(({ path: place, rule }) => `${place}: ${rule}`);
}

/** What the loader says against the tiny model's folder; empty when it opens it. */
export async function refusalOf(models: ModelsDirectory, limits = LIMITS): Promise<readonly string[]> {
  const opened = await new ModelFolder({ directory: models.path, now: () => NOW_MS, limits }).open(TINY);
  if (opened.ok) await opened.value.release();
  return faultLines(opened);
}
