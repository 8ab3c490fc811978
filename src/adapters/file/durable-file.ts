/** Files that are there whole, old or new, whenever the process or the machine stops. */
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Puts bytes in the place of what was there: on disk under that name when it resolves. Rejects when it cannot. */
export async function replaceDurably(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.tmp`;
  await writeDurably(beside, bytes);
  await rename(beside, path);
  await syncFolder(dirname(path));
}

/** A new name survives a power cut only when its folder is synced too. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "w");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
