/** A thread of an evaluation: it does one thing after the other. Outcomes are looked up where they are. */
import { parentPort, workerData } from "node:worker_threads";
import { measureAction } from "../core/evaluation/uplift/measure-action.ts";
import { invariant, LiftgateError } from "../core/errors.ts";
import type { OutcomeRecord } from "../core/domain/outcome.ts";
import { readSegmentBlocks } from "../adapters/file/read-segments.ts";
import { arraysOf } from "../service/evaluation/row-block.ts";
import { LocalParts } from "../service/evaluation/local-parts.ts";
import type { Answer, Setup, Told } from "./evaluation-workers.ts";
import { archivedProgramsIn } from "./offline.ts";
import { openPolicy } from "./policies.ts";

const port = parentPort;
invariant(port !== null, "expected to run in a worker");
const setup: Setup = workerData;
const waiting = new Map<number, (found: ReadonlyMap<string, readonly OutcomeRecord[]>) => void>();
let lastLookup = 0;

const parts = open();
port.on("message", (told: Told) => {
  if (told.kind === "found") {
    waiting.get(told.lookup)?.(told.found);
    waiting.delete(told.lookup);
  } else void answer(told);
});

async function open(): Promise<LocalParts> {
  const { segments, programsDir, modelsDir, candidate, incumbent, terms } = setup;
  const ports = {
    parts: segments.map(
      (path) => (isWanted: (line: number) => boolean) =>
        readSegmentBlocks([path], { onProgress: () => undefined, isWanted }),
    ),
    outcomes: { of: lookUp },
    openProgram: archivedProgramsIn(programsDir),
    candidate: (await openPolicy(candidate, modelsDir)).policy,
    incumbent: incumbent === null ? null : (await openPolicy(incumbent, modelsDir)).policy,
  };
  return new LocalParts(ports, terms);
}

function lookUp(ids: readonly string[]): Promise<ReadonlyMap<string, readonly OutcomeRecord[]>> {
  const lookup = ++lastLookup;
  return new Promise((resolve) => {
    waiting.set(lookup, resolve);
    tell({ kind: "lookup", lookup, ids });
  });
}

async function answer(order: Exclude<Told, { readonly kind: "found" }>): Promise<void> {
  try {
    if (order.kind === "measure") return tell({ kind: "measured", measured: measureAction(order.rows, order.terms) });
    const local = await parts;
    const { part, asked } = order;
    const join = asked.join === null ? null : { ...asked.join, instantMs: Date.parse };
    const read = await local.read(part, { ...asked, join });
    // Columns are handed over, not copied.
    tell({ kind: "read", read }, read.blocks.flatMap(arraysOf));
  } catch (error) {
    const code = error instanceof LiftgateError ? error.code : null;
    tell({ kind: "failed", code, message: error instanceof Error ? error.message : "unknown trouble" });
  }
}

function tell(message: Answer, handedOver: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, [...handedOver]);
}
