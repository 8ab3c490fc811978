/** A thread of an evaluation: it does one thing after the other. Outcomes are looked up where they are. */
import { parentPort, workerData } from "node:worker_threads";
import { estimateReward } from "../core/evaluation/estimators.ts";
import { measureAction } from "../core/evaluation/uplift/measure-action.ts";
import { invariant, LiftgateError } from "../core/errors.ts";
import type { OutcomeRecord } from "../core/domain/outcome.ts";
import { readSegmentBlocks } from "../adapters/file/read-segments.ts";
import { arraysOf } from "../service/evaluation/row-block.ts";
import { LocalParts } from "../service/evaluation/local-parts.ts";
import type { Answer, Order, Said, Setup, Told } from "./evaluation-workers.ts";
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

async function answer({ id, order }: Extract<Told, { readonly kind: "order" }>): Promise<void> {
  try {
    if (order.kind === "read") await read(id, order);
    else tell({ kind: "answer", id, answer: computed(order) });
  } catch (error) {
    const code = error instanceof LiftgateError ? error.code : null;
    const message = error instanceof Error ? error.message : "unknown trouble";
    tell({ kind: "answer", id, answer: { kind: "failed", code, message } });
  }
}

async function read(id: number, { part, asked }: Extract<Order, { readonly kind: "read" }>): Promise<void> {
  const local = await parts;
  const join = asked.join === null ? null : { ...asked.join, instantMs: Date.parse };
  const found = await local.read(part, { ...asked, join });
  // Columns are handed over, not copied.
  tell({ kind: "answer", id, answer: { kind: "read", read: found } }, found.blocks.flatMap(arraysOf));
}

function computed(order: Exclude<Order, { readonly kind: "read" }>): Answer {
  switch (order.kind) {
    case "measure":
      return { kind: "measured", measured: measureAction(order.rows, order.terms) };
    case "estimate":
      return { kind: "estimated", estimated: estimateReward(order.reward, order.terms) };
    default:
      return order satisfies never;
  }
}

function tell(said: Said, handedOver: readonly ArrayBuffer[] = []): void {
  port?.postMessage(said, [...handedOver]);
}
