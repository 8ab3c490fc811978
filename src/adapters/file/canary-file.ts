/** The canary of a program, from its file and the archive beside it. */
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CanaryFile, type CanaryText } from "../../contract/canary-file.ts";
import { faultsOf } from "../../contract/faults.ts";
import type { Opened } from "../../core/ports.ts";
import { replaceDurably, syncFolder } from "./durable-file.ts";
import { ProgramArchive } from "./program-archive.ts";
import { readBytes } from "./read-program.ts";
import { parseStrictYaml } from "./strict-yaml.ts";

/** Of PROGRAMS_DIR: what promotions and rollbacks stand on. */
export const ROLLOUT_FOLDER = ".rollout";

/** The canary of a program that has one: whole, or not at all. */
export async function readCanary(folder: string, id: string): Promise<Opened<CanaryText>> {
  const bytes = await readBytes(pathOf(folder, id));
  if (!bytes.ok) return bytes;
  const data = parseStrictYaml(bytes.value);
  if (!data.ok) return data;
  const parsed = CanaryFile.safeParse(data.value);
  if (!parsed.success) return { ok: false, faults: faultsOf(parsed.error) };
  const { canary, version, digest, share } = parsed.data;
  if (canary !== id) return { ok: false, faults: [{ path: "canary", rule: `must be the program's id, ${id}` }] };
  const text = await new ProgramArchive(join(folder, ROLLOUT_FOLDER)).open(digest);
  if (!text.ok) return text;
  if (text.value.id !== id || text.value.file.version !== version) {
    const rule = `is that of ${text.value.id} version ${text.value.file.version}, not of ${id} version ${version}`;
    return { ok: false, faults: [{ path: "digest", rule }] };
  }
  return { ok: true, value: { share, text: text.value } };
}

/** Old or new at every moment. The program must be in the archive. */
export async function writeCanary(folder: string, { share, text }: CanaryText): Promise<void> {
  const lines = [
    `canary: ${text.id}`,
    `version: ${text.file.version}`,
    `digest: ${text.digest}`,
    `share: ${share}`,
    "",
  ];
  await replaceDurably(pathOf(folder, text.id), Buffer.from(lines.join("\n")));
}

export async function removeCanary(folder: string, id: string): Promise<void> {
  const path = pathOf(folder, id);
  await rm(path);
  await syncFolder(dirname(path));
}

function pathOf(folder: string, id: string): string {
  return join(folder, `${id}.canary.yaml`);
}
