import type { InferenceSession } from "onnxruntime-node";
import type { Manifest } from "../../contract/manifest.ts";
import type { Fault } from "../../core/ports.ts";

type Metadata = InferenceSession.ValueMetadata;

/** Faults where the graph's inputs and outputs are not what the manifest declares. */
export function checkSession(session: InferenceSession, manifest: Manifest): readonly Fault[] {
  return [...checkInputs(session.inputMetadata, manifest), ...checkOutputs(session.outputMetadata, manifest)];
}

function checkInputs(inputs: readonly Metadata[], { graph, features }: Manifest): readonly Fault[] {
  const [input] = inputs;
  if (input === undefined || inputs.length !== 1 || input.name !== graph.input) {
    const found = inputs.map(({ name }) => name).join(", ");
    return [fault(graph.file, "inputs", `must be one input named ${graph.input}, got: ${found}`)];
  }
  const path = `inputs/${input.name}`;
  if (!input.isTensor || input.type !== "float32") return [fault(graph.file, path, "must be a float32 tensor")];
  const [rows, width] = input.shape;
  if (input.shape.length !== 2 || typeof rows !== "string") {
    return [
      fault(graph.file, path, `must have shape [N, ${features.length}] with N open, got ${shapeText(input.shape)}`),
    ];
  }
  if (width !== features.length) {
    const rule = `wrong feature count: the graph reads ${width} features a row, the manifest lists ${features.length}`;
    return [fault(graph.file, path, rule)];
  }
  return [];
}

function checkOutputs(outputs: readonly Metadata[], manifest: Manifest): readonly Fault[] {
  const { graph, heads, actions, replicates } = manifest;
  const faults = outputs
    .filter(({ name }) => !heads.some(({ id }) => id === name))
    .map(({ name }) => fault(graph.file, `outputs/${name}`, "is not a head of the manifest"));
  for (const { id, kind } of heads) {
    const path = `outputs/${id}`;
    const output = outputs.find(({ name }) => name === id);
    const expected = kind === "baseline" ? [] : [actions.length, replicates];
    if (output === undefined) {
      faults.push(fault(graph.file, path, "is missing: the manifest has such a head"));
    } else if (!output.isTensor || output.type !== "float32") {
      faults.push(fault(graph.file, path, "must be a float32 tensor"));
    } else if (!hasShape(output.shape, expected)) {
      const rule = `must have shape ${shapeText(["N", ...expected])} with N open, got ${shapeText(output.shape)}`;
      faults.push(fault(graph.file, path, rule));
    }
  }
  return faults;
}

function hasShape([rows, ...rest]: readonly (number | string)[], expected: readonly number[]): boolean {
  return typeof rows === "string" && rest.length === expected.length && rest.every((size, i) => size === expected[i]);
}

function shapeText(shape: readonly (number | string)[]): string {
  return `[${shape.map((size) => (size === "" ? "?" : size)).join(", ")}]`;
}

function fault(file: string, path: string, rule: string): Fault {
  return { path: `${file}#/${path}`, rule };
}
