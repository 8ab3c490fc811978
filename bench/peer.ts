/** The Python environment of the peer server: made once, in a folder that Git ignores. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PEER = fileURLToPath(new URL("peer", import.meta.url));
const ENVIRONMENT = join(PEER, ".venv");
const LOCK = join(PEER, "requirements.lock");
/** A copy of the lock file that the environment was made from: written last, so it says that all is there. */
const INSTALLED = join(ENVIRONMENT, "installed.lock");
const PYTHONS = ["python3.13", "python3.12", "python3.11", "python3"] as const;

/** Whether what can be had may be fetched, or must be there. */
export type Effort = "install" | "if-installed";

export type PeerEnvironment =
  | { readonly ok: true; readonly python: string; readonly versions: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly why: string };

export function peerEnvironment(effort: Effort, progress: (line: string) => void): PeerEnvironment {
  const python = join(ENVIRONMENT, "bin", "python");
  if (isInstalled()) return { ok: true, python, versions: versionsOf(python) };
  if (effort === "if-installed")
    return { ok: false, why: "its Python environment is not there; a full bench makes it" };
  const system = PYTHONS.find(isRecent);
  if (system === undefined)
    return { ok: false, why: `it needs Python 3.11 or later, and none of ${PYTHONS.join(", ")} is` };
  progress("making the peer's Python environment (once)");
  const steps = [
    [system, "-m", "venv", "--clear", ENVIRONMENT],
    [
      python,
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--only-binary=:all:",
      "--require-hashes",
      "-r",
      LOCK,
    ],
  ] as const;
  for (const [command, ...args] of steps) {
    const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
    if (status !== 0) return { ok: false, why: `its Python environment could not be made: ${stderr.trim()}` };
  }
  writeFileSync(INSTALLED, readFileSync(LOCK));
  return { ok: true, python, versions: versionsOf(python) };
}

function isInstalled(): boolean {
  return existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === readFileSync(LOCK, "utf8");
}

function isRecent(command: string): boolean {
  return spawnSync(command, ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 11))"]).status === 0;
}

/** Of Python, and of what the peer is made of as the lock file pins it. */
function versionsOf(python: string): Readonly<Record<string, string>> {
  const { stdout } = spawnSync(python, ["--version"], { encoding: "utf8" });
  const pins = [...readFileSync(LOCK, "utf8").matchAll(/^(fastapi|uvicorn|onnxruntime|redis|pydantic)==([^ ]+)/gm)];
  return {
    python: stdout.replace("Python", "").trim(),
    ...Object.fromEntries(pins.map(([, name, version]) => [name, version])),
  };
}
