/** ONNX Runtime as this service uses it: which versions are trusted, and how every session is opened. */
import "./no-telemetry.ts";
import { env, InferenceSession } from "onnxruntime-node";
import type { Fault } from "../../core/ports.ts";

/**
 * Releases that score tree classifiers wrongly, by up to 1.0 in probability (microsoft/onnxruntime
 * issue 28557).
 */
const DENIED_VERSIONS = ["1.26", "1.27", "1.28"] as const;

export const RUNTIME_VERSION = env.versions.node ?? env.versions.common;

/**
 * One thread and one order of operations: then a row of a tree graph has the same bits alone and in
 * a batch, on every machine.
 */
const SESSION_OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  logSeverityLevel: 4,
} as const satisfies InferenceSession.SessionOptions;

/** Opens a session on these very bytes. Blocks the event loop while the graph is built. */
export async function openSession(graph: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(graph, SESSION_OPTIONS);
}

/** What is wrong with running a graph that asks for `minimum` or later on this version, if anything. */
export function checkRuntime(version: string, minimum: string): readonly Fault[] {
  const path = "manifest.json#/graph/onnxruntimeMin";
  if (!/^\d{1,4}(\.\d{1,4}){1,2}$/.test(minimum)) return [{ path, rule: "must be a version such as 1.22.0" }];
  if (DENIED_VERSIONS.some((denied) => version.startsWith(`${denied}.`))) {
    return [{ path, rule: `ONNX Runtime ${version} scores trees wrongly and is not used; install 1.29 or later` }];
  }
  if (compareVersions(version, minimum) < 0) {
    return [{ path, rule: `the model needs ONNX Runtime ${minimum} or later; this service has ${version}` }];
  }
  return [];
}

function compareVersions(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let i = 0; i < 3; i++) {
    const gap = (left[i] ?? 0) - (right[i] ?? 0);
    if (gap !== 0) return gap;
  }
  return 0;
}
