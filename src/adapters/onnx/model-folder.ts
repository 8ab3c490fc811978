/** The models on disk: `<directory>/<name>/<version>/`. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Fault, ModelSource, Opened, UpliftModel } from "../../core/ports.ts";
import { LiftgateError } from "../../core/errors.ts";
import { openModel } from "./onnx-model.ts";
import { digestOfManifest, readBundle } from "./read-bundle.ts";
import { checkRuntime, RUNTIME_VERSION } from "./runtime.ts";
import { VERIFICATION_LIMITS, type VerificationLimits, verifyInChild } from "./verify-in-child.ts";

export interface ModelFolderOptions {
  readonly directory: string;
  /** Wall clock in ms, for expiry. */
  readonly now: () => number;
  /** Told the rows of each run of each model (`<name>@<version>`). */
  readonly onBatch?: (model: string, rows: number) => void;
  readonly limits?: VerificationLimits;
}

/** Faults told of one folder: the first ones say it all. */
const FAULTS_MAX = 20;
/** A full batch of such rows holds the event loop for 64 ms: more is never right. */
const MICROS_PER_ROW_MAX = 1_000;

export class ModelFolder implements ModelSource {
  readonly #directory: string;
  readonly #now: () => number;
  readonly #onBatch: (model: string, rows: number) => void;
  readonly #limits: VerificationLimits;

  constructor({ directory, now, onBatch, limits }: ModelFolderOptions) {
    this.#directory = directory;
    this.#now = now;
    this.#onBatch = onBatch ?? (() => undefined);
    this.#limits = limits ?? VERIFICATION_LIMITS;
  }

  /** `<name>/<version>` of every folder two levels down, sorted. Throws when the directory cannot be read. */
  async list(): Promise<readonly string[]> {
    const names = await folders(this.#directory);
    const perName = await Promise.all(
      names.map(async (name) => {
        const versions = await folders(path.join(this.#directory, name));
        return versions.map((version) => `${name}/${version}`);
      }),
    );
    return perName.flat().toSorted();
  }

  async digestOf(folder: string): Promise<string | null> {
    return digestOfManifest(path.join(this.#directory, folder));
  }

  async open(folder: string): Promise<Opened<UpliftModel>> {
    const bundle = await readBundle(this.#directory, { folder, nowMs: this.#now() });
    if (!bundle.ok) return refused(bundle.faults);
    const { manifest, graph, digest } = bundle.value;
    const runtime = checkRuntime(RUNTIME_VERSION, manifest.graph.onnxruntimeMin);
    if (runtime.length > 0) return refused(runtime);

    const { faults, microsPerRow } = await verifyInChild(bundle.value, this.#limits);
    if (faults.length > 0) return refused(faults);
    if (microsPerRow !== null && microsPerRow > MICROS_PER_ROW_MAX) {
      const rule = `too slow: ${Math.round(microsPerRow)} µs a row, at most ${MICROS_PER_ROW_MAX}; export fewer or smaller trees`;
      return refused([{ path: manifest.graph.file, rule }]);
    }
    try {
      return { ok: true, value: await openModel({ manifest, graph, digest, onBatch: this.#onBatch }) };
    } catch (trouble) {
      if (!(trouble instanceof LiftgateError)) throw trouble;
      return refused([
        { path: manifest.graph.file, rule: `the graph was verified but cannot run here: ${trouble.message}` },
      ]);
    }
  }
}

/** Names of the folders in a directory. Hidden ones are drafts of whoever writes models. */
async function folders(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.filter((entry) => !entry.isFile() && !entry.name.startsWith(".")).map(({ name }) => name);
}

function refused(faults: readonly Fault[]): { readonly ok: false; readonly faults: readonly Fault[] } {
  return { ok: false, faults: faults.slice(0, FAULTS_MAX) };
}
