import { fileURLToPath } from "node:url";
import type { EntryPoints } from "../compose/evaluation-jobs.ts";

/** What the service runs in processes of their own. */
export const ENTRY_POINTS: EntryPoints = {
  evaluation: fileURLToPath(new URL("./evaluate/evaluation-main.ts", import.meta.url)),
};
