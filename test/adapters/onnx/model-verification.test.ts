/** What the loader says about graphs and golden rows that are consistent with their hashes, but wrong. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LIMITS, ModelsDirectory, refusalOf, TINY, TINY_DIRECTORY } from "../../support/model-folders.ts";

let models: ModelsDirectory;

beforeEach(async () => {
  models = await ModelsDirectory.create();
  await models.add(TINY_DIRECTORY, TINY);
});

afterEach(async () => {
  await models.remove();
});

describe("a graph that is consistent with its hashes, but wrong", () => {
  const WRONG = [
    [
      "nan-weights",
      /^golden\.json#\/rows\/0\/outputs\/visit\/0\/0: golden mismatch: the graph gives NaN; its weights are not all finite/,
    ],
    [
      "five-features",
      /^model\.onnx#\/inputs\/features: wrong feature count: the graph reads 5 features a row, the manifest lists 4$/,
    ],
    [
      "swapped-heads",
      /^golden\.json#\/rows\/0\/outputs\/visit\/0\/0: golden mismatch: the graph gives [\d.-]+, the training library gave [\d.-]+/,
    ],
    ["fixed-batch", /^model\.onnx#\/inputs\/features: must have shape \[N, 4\] with N open, got \[1, 4\]$/],
    ["double-output", /^model\.onnx#\/outputs\/visit: must be a float32 tensor$/],
    ["unknown-op", /^model\.onnx: ONNX Runtime cannot load the graph: .*Frobnicate/],
    ["missing-head", /^model\.onnx#\/outputs\/incentive: is missing: the manifest has such a head$/],
    [
      "external-initializer",
      /^model\.onnx: external data: 1 tensors, such as "visit\/shape", keep their weights in another file/,
    ],
    [
      "external-constant",
      /^model\.onnx: external data: 1 tensors, such as "visit\/shape", keep their weights in another file/,
    ],
  ] as const;

  it.each(WRONG)("names the fault of %s", async (graph, fault) => {
    await models.useGraph(graph);
    expect((await refusalOf(models))[0]).toMatch(fault);
  });

  it("names a flipped bit in a weight as a golden mismatch", async () => {
    const graph = await models.read(TINY, "model.onnx");
    const weight = Buffer.alloc(4);
    weight.writeFloatLE(0.09375);
    const at = graph.indexOf(weight);
    expect(at).toBeGreaterThan(0);
    graph.writeUInt8(graph.readUInt8(at + 2) ^ 0x40, at + 2);
    await models.writeHashed(TINY, "model.onnx", graph);
    expect((await refusalOf(models))[0]).toMatch(
      /^golden\.json#\/rows\/\d+\/outputs\/visit\/0\/1: golden mismatch: the graph gives 0\.\d+, the training library gave 0\.09375/,
    );
  });

  it("names a graph that is not one", async () => {
    await models.writeHashed(TINY, "model.onnx", (await models.read(TINY, "model.onnx")).subarray(0, 1_000));
    expect(await refusalOf(models)).toEqual([
      expect.stringMatching(/^model\.onnx: is not an ONNX graph: its bytes are truncated/),
    ]);
  });

  it.each(["memory-bomb", "memory-bomb-at-run"])("kills %s at the memory cap", async (graph) => {
    await models.useGraph(graph);
    expect(await refusalOf(models)).toEqual([
      "model.onnx: memory over: verification was killed when it took more than 512 MiB",
    ]);
  });

  it("stops an endless graph when its time is over", async () => {
    await models.useGraph("endless");
    expect(await refusalOf(models, { ...LIMITS, timeMsMax: 2_000 })).toEqual([
      "model.onnx: time over: verification was stopped after 2000 ms",
    ]);
  });
});

describe("golden rows that do not fit", () => {
  const WRONG = [
    [
      "raw of another category",
      ["rows", 0, "raw", "channel"],
      "phone",
      /^golden\.json#\/rows\/0\/encoded\/2: channel encodes to 1 here, the training side has /,
    ],
    [
      "raw of an unknown name",
      ["rows", 0, "raw", "age"],
      40,
      /^golden\.json#\/rows\/0\/raw\/age: is not a feature of the manifest$/,
    ],
    [
      "raw out of range",
      ["rows", 0, "raw", "recency"],
      13,
      /^golden\.json#\/rows\/0\/raw\/recency: must be at most 12$/,
    ],
    [
      "raw without a required value",
      ["rows", 0, "raw", "newbie"],
      null,
      /^golden\.json#\/rows\/0\/raw\/newbie: is missing, and the feature rejects that$/,
    ],
    [
      "another output",
      ["rows", 3, "outputs", "visit_baseline"],
      0.5,
      /^golden\.json#\/rows\/3\/outputs\/visit_baseline: golden mismatch: /,
    ],
    [
      "outputs of another shape",
      ["rows", 0, "outputs", "visit"],
      [[0, 0]],
      /^golden\.json#\/rows\/0\/outputs\/visit: must be 2 lists of 2 numbers$/,
    ],
    [
      "outputs without a head",
      ["rows", 0, "outputs", "incentive"],
      undefined,
      /^golden\.json#\/rows\/0\/outputs\/incentive: must be 2 lists/,
    ],
    [
      "another best action",
      ["rows", 56, "bestAction"],
      "no_offer",
      /^golden\.json#\/rows\/56\/bestAction: the graph's best action is mail, the training library's no_offer$/,
    ],
    ["another schema", ["schema"], "v2", /^golden\.json#\/schema: /],
    ["no rows", ["rows"], [], /^golden\.json#\/rows: /],
  ] as const;

  it.each(WRONG)("names %s", async (_, at, value, fault) => {
    await models.patchGolden(TINY, at, value);
    expect((await refusalOf(models))[0]).toMatch(fault);
  });

  it("accepts an output inside the tolerance and refuses one outside", async () => {
    const golden = JSON.parse((await models.read(TINY, "golden.json")).toString("utf8"));
    const expected: number = golden.rows[0].outputs.incentive[1][0];
    await models.patchGolden(TINY, ["rows", 0, "outputs", "incentive", 1, 0], expected * (1 + 0.9e-5));
    expect(await refusalOf(models)).toEqual([]);
    await models.patchGolden(TINY, ["rows", 0, "outputs", "incentive", 1, 0], expected * (1 + 1.2e-5));
    expect((await refusalOf(models))[0]).toMatch(
      /^golden\.json#\/rows\/0\/outputs\/incentive\/1\/0: golden mismatch: /,
    );
  });
});
