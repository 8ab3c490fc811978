/** The commands a data scientist would give: the service's own and the training package's, run as they are. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "./service.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The real customers, without what the experiment made of them. */
export const CUSTOMERS = join(ROOT, "training/data/hillstrom/hillstrom.csv.gz");
const SAID_CHARS_MAX = 8_000;

export interface Ran {
  readonly code: number;
  /** The last of what it printed, both ways. */
  readonly said: string;
}

/** `liftgate <args>`, whatever its exit code. */
export function runLiftgate(environment: Environment, args: readonly string[]): Promise<Ran> {
  return run([process.execPath, join(ROOT, "src/main.ts"), ...args], { ...environment, LOG_LEVEL: "warn" });
}

/** The same; throws with what it said unless it exits with 0. */
export async function liftgate(environment: Environment, args: readonly string[]): Promise<string> {
  return succeeded(`liftgate ${args[0]}`, await runLiftgate(environment, args));
}

/**
 * A script of the loop on top of the training package: what it writes has passed the package's gates. Resolves to the
 * line of the gate that refused the model, or to null when it is written; throws when the script failed otherwise.
 */
export async function runScript(python: string, name: string, args: readonly string[]): Promise<string | null> {
  const ran = await run([python, join(ROOT, "loop", name), ...args], TRAINING);
  if (ran.code === REFUSED) return ran.said.trim().split("\n").at(-1) ?? "";
  succeeded(name, ran);
  return null;
}

/** Exit code of train.py when a gate refuses the model; Python itself ends with 1 or 2. */
const REFUSED = 3;

const TRAINING = { PYTHONPATH: join(ROOT, "training/src") };

async function run([program = "", ...args]: readonly string[], environment: object): Promise<Ran> {
  const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-SAID_CHARS_MAX);
    });
  }
  const [code] = await once(child, "close");
  return { code: Number(code ?? 1), said };
}

function succeeded(name: string, { code, said }: Ran): string {
  if (code !== 0) throw new Error(`${name} ended with ${code}; it said:\n${said}`);
  return said;
}
