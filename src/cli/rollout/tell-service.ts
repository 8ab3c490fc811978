/** A service that is to load what was put on disk, asked whether it did. */
import { readFile } from "node:fs/promises";
import { ProgramEntry } from "../../contract/catalog.ts";
import type { Change } from "../../service/rollout/rollout-store.ts";

export interface ServiceOptions {
  readonly service?: string;
  readonly keyFile?: string;
}

/** Whether it decides by the program now; without a service, says what to do. */
export async function tellService(
  { service, keyFile }: ServiceOptions,
  { program, act, to }: Change,
): Promise<boolean> {
  if (service === undefined) {
    console.log("POST /v1/reload on every replica, or SIGHUP, makes it live");
    return true;
  }
  const headers = keyFile === undefined ? {} : { authorization: `Bearer ${(await readFile(keyFile, "utf8")).trim()}` };
  const root = service.replace(/\/$/, "");
  const reloaded = await fetch(`${root}/v1/reload`, { method: "POST", headers });
  if (!reloaded.ok) console.error(`POST /v1/reload answered ${reloaded.status}: ${await reloaded.text()}`);
  const answer = await fetch(`${root}/v1/programs/${program}`, { headers });
  const loaded = answer.ok ? ProgramEntry.parse(await answer.json()) : null;
  const deciding = act === "set_canary" ? loaded?.canary : loaded;
  if (deciding?.digest !== to.digest) {
    console.error(`version ${to.version} is not live: ${service} decides by what it had before`);
    return false;
  }
  console.log(`live on ${service}`);
  return true;
}
