/**
 * A model folder read into memory, each byte once: what is hashed here is what is verified and
 * loaded later, so nothing can be swapped on disk in between.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import path from "node:path";
import { MANIFEST_BYTES_MAX, MODEL_BYTES_MAX } from "../../contract/limits.ts";
import { Manifest } from "../../contract/manifest.ts";
import type { Fault, Opened } from "../../core/ports.ts";
import { checkManifest, type ManifestPlace } from "./check-manifest.ts";
import { parseJson } from "./parse-json.ts";

const MANIFEST_FILE = "manifest.json";

/** A folder whose files are all there, as its manifest lists them. Not yet run. */
export interface Bundle {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  /** Of the manifest's bytes, which hold the hash of every other file. */
  readonly digest: string;
  readonly graph: Uint8Array;
  readonly golden: Uint8Array;
}

/** Entries looked at in one folder: a model has a handful of files. */
const FOLDER_ENTRIES_MAX = 1_000;
const CHUNK_BYTES = 1024 * 1024;
const LFS_POINTER = "version https://git-lfs.github.com/spec/";

export async function readBundle(directory: string, place: ManifestPlace): Promise<Opened<Bundle>> {
  const root = path.join(directory, place.folder);
  const read = await readManifest(root);
  if (!read.ok) return read;
  const { manifest, bytes, sha256 } = read.value;
  const faults = [...checkManifest(manifest, place)];
  if (faults.length > 0) return { ok: false, faults };

  const contents = new Map<string, Uint8Array>();
  for (const [name, expected] of Object.entries(manifest.files)) {
    const file = await readListed(root, name, expected);
    if (file.ok) contents.set(name, file.value);
    else faults.push(...file.faults);
  }
  faults.push(...(await checkUnlisted(root, manifest)));
  const graph = contents.get(manifest.graph.file);
  const golden = contents.get(manifest.golden.file);
  if (faults.length > 0 || graph === undefined || golden === undefined) return { ok: false, faults };
  return { ok: true, value: { manifest, manifestBytes: bytes, digest: `sha256:${sha256}`, graph, golden } };
}

/** The digest of the manifest now on disk; null if it cannot be read. */
export async function digestOfManifest(root: string): Promise<string | null> {
  const file = await readFile(root, MANIFEST_FILE, MANIFEST_BYTES_MAX);
  return file.ok ? `sha256:${file.value.sha256}` : null;
}

interface FileRead {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

async function readManifest(root: string): Promise<Opened<FileRead & { readonly manifest: Manifest }>> {
  const file = await readFile(root, MANIFEST_FILE, MANIFEST_BYTES_MAX);
  if (!file.ok) return file;
  const json = parseJson(file.value.bytes);
  if (json === undefined) return refused(MANIFEST_FILE, "must be JSON in UTF-8");
  const parsed = Manifest.safeParse(json);
  if (parsed.success) return { ok: true, value: { ...file.value, manifest: parsed.data } };
  const faults = parsed.error.issues.map((issue) => ({
    path: `${MANIFEST_FILE}#/${issue.path.join("/")}`,
    rule: issue.message,
  }));
  return { ok: false, faults };
}

type FileEntry = Manifest["files"][string];

async function readListed(root: string, name: string, expected: FileEntry): Promise<Opened<Uint8Array>> {
  const file = await readFile(root, name, MODEL_BYTES_MAX);
  if (!file.ok) return file;
  const { bytes, sha256 } = file.value;
  if (bytes.length !== expected.bytes) {
    return refused(
      name,
      `has ${bytes.length} bytes, the manifest lists ${expected.bytes}: ${incomplete(bytes.length, expected.bytes)}`,
    );
  }
  if (sha256 !== expected.sha256) {
    return refused(
      name,
      `wrong hash: SHA-256 is ${sha256}, the manifest lists ${expected.sha256}; copy the file again`,
    );
  }
  return { ok: true, value: bytes };
}

function incomplete(found: number, listed: number): string {
  return found < listed ? "the file is truncated; copy it again" : "the file is another one; copy it again";
}

/** Opens, reads and hashes one regular file. */
async function readFile(root: string, name: string, bytesMax: number): Promise<Opened<FileRead>> {
  try {
    // Non-blocking: opening a named pipe must not hang.
    const handle = await open(path.join(root, name), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return refused(name, "must be a regular file");
      if (stat.size === 0) return refused(name, "is empty");
      if (stat.size > bytesMax) return refused(name, `has ${stat.size} bytes; at most ${bytesMax} are read`);
      const file = await hashedContent(handle, stat.size);
      return isLfsPointer(file.bytes)
        ? refused(name, "is a Git LFS pointer, not the file itself; run git lfs pull")
        : { ok: true, value: file };
    } finally {
      await handle.close();
    }
  } catch (trouble) {
    return refused(name, isMissing(trouble) ? "is missing" : `cannot be read (${codeOf(trouble)})`);
  }
}

/** Reads and hashes in chunks, so that the event loop is not held. */
async function hashedContent(handle: FileHandle, size: number): Promise<FileRead> {
  const bytes = new Uint8Array(size);
  const hash = createHash("sha256");
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, Math.min(CHUNK_BYTES, size - length), length);
    if (bytesRead === 0) break;
    hash.update(bytes.subarray(length, length + bytesRead));
    length += bytesRead;
  }
  return { bytes: bytes.subarray(0, length), sha256: hash.digest("hex") };
}

function isLfsPointer(bytes: Uint8Array): boolean {
  return (
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LFS_POINTER.length)).toString("latin1") ===
    LFS_POINTER
  );
}

/** Refuses what no hash covers. Names starting with a dot are not part of a model. */
async function checkUnlisted(root: string, { files }: Manifest): Promise<readonly Fault[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  if (entries.length > FOLDER_ENTRIES_MAX) {
    return [
      { path: "", rule: `the folder has ${entries.length} entries; at most ${FOLDER_ENTRIES_MAX} belong to a model` },
    ];
  }
  const names = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"));
  const unlisted = names.filter(
    (name) =>
      name !== MANIFEST_FILE && !Object.hasOwn(files, name) && !name.split("/").some((part) => part.startsWith(".")),
  );
  return unlisted.toSorted().map((name) => ({
    path: name,
    rule: "is not listed in the manifest; remove it, or list it under files with its hash",
  }));
}

function refused(name: string, rule: string): { readonly ok: false; readonly faults: readonly Fault[] } {
  return { ok: false, faults: [{ path: name, rule }] };
}

function isMissing(trouble: unknown): boolean {
  const code = codeOf(trouble);
  return code === "ENOENT" || code === "ENOTDIR";
}

function codeOf(trouble: unknown): string {
  return trouble instanceof Error && "code" in trouble ? String(trouble.code) : "unknown trouble";
}
