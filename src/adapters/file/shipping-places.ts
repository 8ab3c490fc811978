/** How far a log was shipped: one small file for each log and sink, replaced whole. */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { LiftgateError } from "../../core/errors.ts";
import type { LogPlace, PlaceStore } from "../../core/shipping-ports.ts";

export class FilePlaceStore implements PlaceStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws Error naming the file that is damaged: deleting it ships everything that is on disk once more */
  async load(): Promise<LogPlace | null> {
    const text = await readFile(this.#path, "utf8").catch(nullIfAbsent);
    if (text === null) return null;
    const place = parsePlace(text);
    if (place === null)
      throw new Error(`${this.#path} is damaged: delete it, and everything on disk is shipped once more`);
    return place;
  }

  async save(place: LogPlace): Promise<void> {
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await replace(this.#path, `${JSON.stringify(place)}\n`);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "a write failed";
      throw new LiftgateError("log_unavailable", `How far the log was shipped cannot be saved: ${code}`);
    }
  }
}

/** The new content is on the disk before its name is, so that no crash leaves half of it. */
async function replace(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function parsePlace(text: string): LogPlace | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("segment" in value) || !("offsetBytes" in value)) return null;
    const { segment, offsetBytes } = value;
    return typeof segment === "string" &&
      typeof offsetBytes === "number" &&
      Number.isSafeInteger(offsetBytes) &&
      offsetBytes >= 0
      ? { segment, offsetBytes }
      : null;
  } catch {
    return null;
  }
}

function nullIfAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
