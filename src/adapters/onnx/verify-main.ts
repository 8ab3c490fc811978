/**
 * The verification process: reads a candidate from standard input, runs it, writes one verdict in
 * JSON to standard output. It holds nothing worth keeping, so its parent may kill it at any time;
 * its own memory guard does so when the graph takes more memory than allowed.
 *
 * Input: the lengths of manifest, golden rows and graph (three uint32, little-endian), then their bytes.
 */
import { once } from "node:events";
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { Manifest } from "../../contract/manifest.ts";
import { parseJson } from "./parse-json.ts";
import { type Verdict, verifyBundle } from "./verify-bundle.ts";

const HEADER_BYTES = 12;

const [memoryBytesMax, timeMsMax] = process.argv.slice(2).map(Number);
const guard = new Worker(new URL("./memory-guard.ts", import.meta.url), { workerData: { memoryBytesMax, timeMsMax } });
guard.unref();
// Nothing of the candidate is touched before it is watched.
await once(guard, "message");

const [manifestBytes, golden, graph] = frames(await standardInput());
const manifest = Manifest.parse(parseJson(manifestBytes));
tell(await verifyBundle({ manifest, golden, graph }));
process.exit(0);

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function frames(input: Buffer): readonly [Buffer, Buffer, Buffer] {
  const manifestEnd = HEADER_BYTES + input.readUInt32LE(0);
  const goldenEnd = manifestEnd + input.readUInt32LE(4);
  const graphEnd = goldenEnd + input.readUInt32LE(8);
  return [
    input.subarray(HEADER_BYTES, manifestEnd),
    input.subarray(manifestEnd, goldenEnd),
    input.subarray(goldenEnd, graphEnd),
  ];
}

function tell(verdict: Verdict): void {
  writeSync(process.stdout.fd, JSON.stringify(verdict));
}
