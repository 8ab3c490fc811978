/**
 * Runs a candidate in a process of its own, with a cap on memory and one on time.
 *
 * A graph is a program: 163 bytes of it can ask for 8 GB, or never end, and neither can be stopped
 * inside this process. A thread in the child watches its resident memory and ends it. (`ulimit -v`
 * would not do: Node.js reserves 10 to 19 GB of address space that it never touches.)
 */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Bundle } from "./read-bundle.ts";
import type { Verdict } from "./verify-bundle.ts";

export interface VerificationLimits {
  /** Resident memory the verification may take: Node.js itself takes some 100 MiB of it. */
  readonly memoryBytesMax: number;
  readonly timeMsMax: number;
}

/** A graph at the size limit takes some 400 MB and 2 s; a loaded machine is allowed ten times that. */
export const VERIFICATION_LIMITS: VerificationLimits = { memoryBytesMax: 1024 * 1024 * 1024, timeMsMax: 30_000 };

const VERIFY_MAIN = fileURLToPath(new URL("./verify-main.ts", import.meta.url));
/** Of what the child says on its way down. */
const LAST_WORDS_LENGTH_MAX = 500;

const VerdictText = z.strictObject({
  faults: z.array(z.strictObject({ path: z.string(), rule: z.string() })),
  microsPerRow: z.number().nullable(),
}) satisfies z.ZodType<Verdict>;

/** The verdict, whatever becomes of the child. */
export async function verifyInChild(
  bundle: Bundle,
  limits: VerificationLimits = VERIFICATION_LIMITS,
): Promise<Verdict> {
  const child = start(limits);
  const ending = await endOf(child, bundle, limits.timeMsMax);
  return verdictOf(ending, bundle.manifest.graph.file, limits);
}

interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly said: string;
  readonly lastWords: string;
}

function start({ memoryBytesMax, timeMsMax }: VerificationLimits): ChildProcess {
  return spawn(process.execPath, [VERIFY_MAIN, String(memoryBytesMax), String(timeMsMax)], {
    // A directory without models: no path in a graph can mean one of ours.
    cwd: path.dirname(VERIFY_MAIN),
    // The child has no use for the service's secrets.
    env: {},
    stdio: "pipe",
  });
}

function endOf(child: ChildProcess, bundle: Bundle, timeMsMax: number): Promise<Ending> {
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const said: Buffer[] = [];
    const lastWords: Buffer[] = [];
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeMsMax);
    child.stdout?.on("data", (chunk: Buffer) => said.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => lastWords.push(chunk));
    child.on("error", (trouble) => {
      clearTimeout(timer);
      reject(trouble);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, timedOut, said: textOf(said), lastWords: textOf(lastWords) });
    });
    // A child that dies while it is written to closes the pipe; how it died is told by `close`.
    child.stdin?.on("error", () => undefined);
    for (const part of framesOf(bundle)) child.stdin?.write(part);
    child.stdin?.end();
  });
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}

function framesOf({ manifestBytes, golden, graph }: Bundle): readonly Uint8Array[] {
  const header = Buffer.alloc(12);
  [manifestBytes, golden, graph].forEach((part, i) => header.writeUInt32LE(part.length, 4 * i));
  return [header, manifestBytes, golden, graph];
}

function verdictOf(
  { code, signal, timedOut, said, lastWords }: Ending,
  graphFile: string,
  limits: VerificationLimits,
): Verdict {
  if (timedOut) return refusal(graphFile, `time over: verification was stopped after ${limits.timeMsMax} ms`);
  const memoryMiB = Math.round(limits.memoryBytesMax / (1024 * 1024));
  if (signal === "SIGKILL") {
    return refusal(graphFile, `memory over: verification was killed when it took more than ${memoryMiB} MiB`);
  }
  if (code !== 0 || signal !== null) {
    const end = signal ?? `exit code ${code}`;
    return refusal(
      graphFile,
      `the graph brought the verification process down (${end}): ${lastWords.trim().slice(-LAST_WORDS_LENGTH_MAX)}`,
    );
  }
  return VerdictText.parse(JSON.parse(said));
}

function refusal(file: string, rule: string): Verdict {
  return { faults: [{ path: file, rule }], microsPerRow: null };
}
