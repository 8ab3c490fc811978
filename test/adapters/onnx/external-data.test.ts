import { readFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { externalTensors } from "../../../src/adapters/onnx/external-data.ts";
import { TINY, TINY_DIRECTORY } from "../../support/model-folders.ts";

const TENSOR_NAME = [...Buffer.from("deep")];

/** A length-delimited field of the protobuf wire format. */
function field(number: number, content: readonly number[]): readonly number[] {
  const length = content.length < 128 ? [content.length] : [(content.length & 127) | 128, content.length >> 7];
  return [(number << 3) | 2, ...length, ...content];
}

function model(graph: readonly number[]): Uint8Array {
  return Uint8Array.from(field(7, graph));
}

/** An external initializer inside `levels` graphs, each in an attribute (5, 6) of a node (1) of the next. */
function nestedGraph(levels: number): readonly number[] {
  let graph = field(5, [...field(8, TENSOR_NAME), 0x70, 0x01]);
  for (let i = 0; i < levels; i++) graph = field(1, field(5, field(6, graph)));
  return graph;
}

describe("finding external data", () => {
  it("finds none in a graph that holds its weights", async () => {
    expect(externalTensors(await readFile(path.join(TINY_DIRECTORY, TINY, "model.onnx")))).toEqual([]);
  });

  it.each(["external-initializer", "external-constant"])("finds the tensor of %s", async (graph) => {
    expect(externalTensors(await readFile(path.join(TINY_DIRECTORY, "graphs", `${graph}.onnx`)))).toEqual([
      "visit/shape",
    ]);
  });

  it("says nothing of bytes that are no protobuf message", () => {
    for (const bytes of [[0x0f], [0x3a, 0x05, 0x00], [0x08], [0x08, 0xff], [0x39, 1, 2]]) {
      expect(externalTensors(Uint8Array.from(bytes))).toBeUndefined();
    }
  });

  it("follows graphs nested in attributes, and gives up past any depth a runtime takes", () => {
    expect(externalTensors(model(nestedGraph(10)))).toEqual(["deep"]);
    expect(externalTensors(model(nestedGraph(30)))).toBeUndefined();
  });

  it("is not misled by numbers and tags that readers cut to 32 bits", () => {
    const cutToOne = [0x70, 0x81, 0x80, 0x80, 0x80, 0x10];
    expect(externalTensors(model(field(5, [...field(8, TENSOR_NAME), ...cutToOne])))).toEqual(["deep"]);
    const tagCutToField14 = [0xf0, 0x80, 0x80, 0x80, 0x10, 0x01];
    expect(externalTensors(model(field(5, tagCutToField14)))).toBeUndefined();
  });

  it("ends without throwing on any bytes (seed 20261121)", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const found = externalTensors(bytes);
      expect(found === undefined || Array.isArray(found)).toBe(true);
    });
    fc.assert(property, { seed: 20261121, numRuns: 2_000 });
  });
});
