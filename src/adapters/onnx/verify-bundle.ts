/** Everything that is checked of a bundle by running it. Runs in a process that may be killed. */
import type { InferenceSession } from "onnxruntime-node";
import { Golden, type Manifest } from "../../contract/manifest.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { Fault } from "../../core/ports.ts";
import { runGraph } from "./batched-session.ts";
import { checkGolden } from "./check-golden.ts";
import { checkSession } from "./check-session.ts";
import { externalTensors } from "./external-data.ts";
import { parseJson } from "./parse-json.ts";
import { openSession } from "./runtime.ts";

export interface Candidate {
  readonly manifest: Manifest;
  readonly golden: Uint8Array;
  readonly graph: Uint8Array;
}

export interface Verdict {
  readonly faults: readonly Fault[];
  /** Time per row in a batch of 1,000; null when it was not reached. */
  readonly microsPerRow: number | null;
}

const TIMED_ROWS = 1_000;
const UNREADABLE = "is not an ONNX graph: its bytes are truncated, damaged or nested too deeply; export it again";

export async function verifyBundle({ manifest, golden, graph }: Candidate): Promise<Verdict> {
  const external = externalTensors(graph);
  if (external === undefined) return refusal(manifest.graph.file, UNREADABLE);
  if (external.length > 0) return refusal(manifest.graph.file, externalRule(external));
  const parsed = Golden.safeParse(parseJson(golden));
  if (!parsed.success) {
    const { file } = manifest.golden;
    return {
      faults: parsed.error.issues.map(({ path, message }) => ({ path: `${file}#/${path.join("/")}`, rule: message })),
      microsPerRow: null,
    };
  }
  let session: InferenceSession;
  try {
    session = await openSession(graph);
  } catch (trouble) {
    return refusal(manifest.graph.file, `ONNX Runtime cannot load the graph: ${messageOf(trouble)}`);
  }
  const contract = checkSession(session, manifest);
  if (contract.length > 0) return { faults: contract, microsPerRow: null };
  try {
    const faults = await checkGolden(session, manifest, parsed.data);
    return { faults, microsPerRow: faults.length > 0 ? null : await microsPerRow(session, manifest, parsed.data) };
  } catch (trouble) {
    if (!(trouble instanceof LiftgateError)) throw trouble;
    return refusal(manifest.graph.file, `the graph cannot score the golden rows: ${trouble.message}`);
  }
}

function externalRule(names: readonly string[]): string {
  return `external data: ${names.length} tensors, such as ${JSON.stringify(names[0])}, keep their weights in another file; export one file with all weights inside`;
}

/** The golden rows over and over, as one batch; the faster of two runs, so that no cold cache counts. */
async function microsPerRow(
  session: InferenceSession,
  { features, heads }: Manifest,
  { rows }: Golden,
): Promise<number> {
  const width = features.length;
  const input = new Float32Array(TIMED_ROWS * width);
  for (let i = 0; i < TIMED_ROWS; i++) {
    const encoded = rows[i % rows.length]?.encoded ?? [];
    input.set(
      encoded.map((value) => value ?? NaN),
      i * width,
    );
  }
  let fastestMs = Infinity;
  for (let i = 0; i < 2; i++) {
    const startedMs = performance.now();
    await runGraph(session, { features: input, rows: TIMED_ROWS, heads: heads.map(({ id }) => id) });
    fastestMs = Math.min(fastestMs, performance.now() - startedMs);
  }
  return (fastestMs * 1_000) / TIMED_ROWS;
}

function refusal(path: string, rule: string): Verdict {
  return { faults: [{ path, rule }], microsPerRow: null };
}

function messageOf(trouble: unknown): string {
  return trouble instanceof Error ? trouble.message : String(trouble);
}
