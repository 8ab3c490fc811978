/** One program file from its bytes: text, YAML and form checked, the digest taken; not yet compiled. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { faultsOf } from "../../contract/faults.ts";
import { PROGRAM_FILE_BYTES_MAX } from "../../contract/limits.ts";
import { ProgramFile, type ProgramText } from "../../contract/program-file.ts";
import type { Opened } from "../../core/ports.ts";
import { FAULTS_MAX, parseStrictYaml } from "./strict-yaml.ts";

/** Reads the program `id` from a file; every fault of text and form together. */
export async function readProgram(id: string, path: string): Promise<Opened<ProgramText>> {
  const bytes = await readBytes(path);
  return bytes.ok ? parseProgram(id, bytes.value) : bytes;
}

/** Reads the program in a file, whatever the file is called. */
export async function readAnyProgram(path: string): Promise<Opened<ProgramText>> {
  const bytes = await readBytes(path);
  return bytes.ok ? parseAnyProgram(bytes.value) : bytes;
}

/** The program in these bytes, whatever it is called. */
export function parseAnyProgram(bytes: Uint8Array): Opened<ProgramText> {
  const data = parseStrictYaml(bytes);
  return parseProgram(String(data.ok ? nameOf(data.value) : ""), bytes);
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The bytes of a file that is not too long to be a program. */
export async function readBytes(path: string): Promise<Opened<Uint8Array>> {
  try {
    const handle = await open(path, "r");
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return refused("is not a file");
      if (stat.size > PROGRAM_FILE_BYTES_MAX) return refused(`is larger than ${PROGRAM_FILE_BYTES_MAX} bytes`);
      const bytes = Buffer.alloc(stat.size);
      const { bytesRead } = await handle.read(bytes, 0, stat.size, 0);
      return { ok: true, value: bytes.subarray(0, bytesRead) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return refused(code === "ENOENT" ? `there is no file ${basename(path)}` : `cannot be read (${code})`);
  }
}

function parseProgram(id: string, bytes: Uint8Array): Opened<ProgramText> {
  const data = parseStrictYaml(bytes);
  if (!data.ok) return data;
  const parsed = ProgramFile.safeParse(data.value);
  const misnamed = nameOf(data.value) === id ? [] : [{ path: "program", rule: `must be the file's name, ${id}` }];
  if (parsed.success && misnamed.length === 0) {
    return { ok: true, value: { id, digest: digestOf(bytes), bytes, file: parsed.data } };
  }
  const malformed = parsed.error === undefined ? [] : faultsOf(parsed.error);
  return { ok: false, faults: [...misnamed, ...malformed].slice(0, FAULTS_MAX) };
}

/** What the file calls its program; undefined when it says nothing. */
function nameOf(data: unknown): unknown {
  return typeof data === "object" && data !== null && "program" in data ? data.program : undefined;
}

function refused(rule: string) {
  return { ok: false, faults: [{ path: "", rule }] } as const;
}
