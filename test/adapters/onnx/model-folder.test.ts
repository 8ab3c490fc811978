/** Every way a model folder can be wrong, and what the loader says about it. */
import { mkdir, readFile, unlink } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelFolder } from "../../../src/adapters/onnx/model-folder.ts";
import { faultLines, ModelsDirectory, TINY, TINY_DIRECTORY } from "../../support/model-folders.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const MIB = 1024 * 1024;

let models: ModelsDirectory;

beforeEach(async () => {
  models = await ModelsDirectory.create();
  await models.add(TINY_DIRECTORY, TINY);
});

afterEach(async () => {
  await models.remove();
});

async function refusal(limits = { memoryBytesMax: 512 * MIB, timeMsMax: 30_000 }): Promise<readonly string[]> {
  const opened = await new ModelFolder({ directory: models.path, now: () => NOW, limits }).open(TINY);
  if (opened.ok) await opened.value.release();
  return faultLines(opened);
}

describe("a good folder", () => {
  it("is listed, opened and described by its manifest", async () => {
    const folder = new ModelFolder({ directory: models.path, now: () => NOW });
    expect(await folder.list()).toEqual([TINY]);
    const opened = await folder.open(TINY);
    if (!opened.ok) throw new Error(faultLines(opened).join("\n"));
    const model = opened.value;
    expect([model.name, model.version, model.createdAt, model.expiresAt]).toEqual(["tiny", "1", "2026-11-21T00:00:00Z", null]);
    expect(model.digest).toBe(await folder.digestOf(TINY));
    expect(model.outputs.actions).toEqual(["mail", "call"]);
    expect(model.outputs.calibration["visit"]?.map(({ kind }) => kind)).toEqual(["linear", "isotonic"]);
    expect(model.contract.set).toBe("tiny");
    expect(model.maxAgeMs).toBe(7 * 86_400_000);
    await model.release();
  });

  it("does not list hidden folders, which are drafts of a writer", async () => {
    await mkdir(path.join(models.path, "tiny", ".2.draft"));
    expect(await new ModelFolder({ directory: models.path, now: () => NOW }).list()).toEqual([TINY]);
  });
});

describe("files that are not what the manifest lists", () => {
  it("names a wrong hash", async () => {
    const graph = await models.read(TINY, "model.onnx");
    graph.writeUInt8(graph.readUInt8(1_000) ^ 1, 1_000);
    await models.write(TINY, "model.onnx", graph);
    expect(await refusal()).toEqual([expect.stringMatching(/^model\.onnx: wrong hash: SHA-256 is [0-9a-f]{64}, the manifest lists [0-9a-f]{64}/)]);
  });

  it("names an empty file", async () => {
    await models.write(TINY, "model.onnx", "");
    expect(await refusal()).toEqual(["model.onnx: is empty"]);
  });

  it("names a truncated file", async () => {
    await models.write(TINY, "model.onnx", (await models.read(TINY, "model.onnx")).subarray(0, 1_000));
    expect(await refusal()).toEqual([expect.stringMatching(/^model\.onnx: has 1000 bytes, the manifest lists \d+: the file is truncated/)]);
  });

  it("names a Git LFS pointer", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    await models.write(TINY, "model.onnx", pointer);
    expect(await refusal()).toEqual(["model.onnx: is a Git LFS pointer, not the file itself; run git lfs pull"]);
  });

  it("names missing golden rows", async () => {
    await unlink(models.file(TINY, "golden.json"));
    expect(await refusal()).toEqual(["golden.json: is missing"]);
  });

  it("names every file that no hash covers", async () => {
    await models.write(TINY, "weights.data", "x");
    await models.write(TINY, "other.onnx", "x");
    const rule = "is not listed in the manifest; remove it, or list it under files with its hash";
    expect(await refusal()).toEqual([`other.onnx: ${rule}`, `weights.data: ${rule}`]);
  });

  it("names a directory in the place of a file", async () => {
    await unlink(models.file(TINY, "model.onnx"));
    await mkdir(models.file(TINY, "model.onnx"));
    expect(await refusal()).toContain("model.onnx: must be a regular file");
  });
});

describe("a graph that is consistent with its hashes, but wrong", () => {
  const WRONG = [
    ["nan-weights", /^golden\.json#\/rows\/0\/outputs\/visit\/0\/0: golden mismatch: the graph gives NaN; its weights are not all finite/],
    ["five-features", /^model\.onnx#\/inputs\/features: wrong feature count: the graph reads 5 features a row, the manifest lists 4$/],
    ["swapped-heads", /^golden\.json#\/rows\/0\/outputs\/visit\/0\/0: golden mismatch: the graph gives [\d.-]+, the training library gave [\d.-]+/],
    ["fixed-batch", /^model\.onnx#\/inputs\/features: must have shape \[N, 4\] with N open, got \[1, 4\]$/],
    ["double-output", /^model\.onnx#\/outputs\/visit: must be a float32 tensor$/],
    ["unknown-op", /^model\.onnx: ONNX Runtime cannot load the graph: .*Frobnicate/],
    ["missing-head", /^model\.onnx#\/outputs\/incentive: is missing: the manifest has such a head$/],
    ["external-initializer", /^model\.onnx: external data: 1 tensors, such as "visit\/shape", keep their weights in another file/],
    ["external-constant", /^model\.onnx: external data: 1 tensors, such as "visit\/shape", keep their weights in another file/],
  ] as const;

  it.each(WRONG)("names the fault of %s", async (graph, fault) => {
    await models.useGraph(graph);
    expect((await refusal())[0]).toMatch(fault);
  });

  it("names a flipped bit in a weight as a golden mismatch", async () => {
    const graph = await models.read(TINY, "model.onnx");
    const weight = Buffer.alloc(4);
    weight.writeFloatLE(0.09375);
    const at = graph.indexOf(weight);
    expect(at).toBeGreaterThan(0);
    graph.writeUInt8(graph.readUInt8(at + 2) ^ 0x40, at + 2);
    await models.writeHashed(TINY, "model.onnx", graph);
    expect((await refusal())[0]).toMatch(/^golden\.json#\/rows\/\d+\/outputs\/visit\/0\/1: golden mismatch: the graph gives 0\.\d+, the training library gave 0\.09375/);
  });

  it("names a graph that is not one", async () => {
    await models.writeHashed(TINY, "model.onnx", (await models.read(TINY, "model.onnx")).subarray(0, 1_000));
    expect(await refusal()).toEqual([expect.stringMatching(/^model\.onnx: is not an ONNX graph: its bytes are truncated/)]);
  });

  it.each(["memory-bomb", "memory-bomb-at-run"])("kills %s at the memory cap", async (graph) => {
    await models.useGraph(graph);
    expect(await refusal()).toEqual(["model.onnx: memory over: verification was killed when it took more than 512 MiB"]);
  });

  it("stops an endless graph when its time is over", async () => {
    await models.useGraph("endless");
    expect(await refusal({ memoryBytesMax: 512 * MIB, timeMsMax: 2_000 })).toEqual([
      "model.onnx: time over: verification was stopped after 2000 ms",
    ]);
  });
});

describe("golden rows that do not fit", () => {
  const WRONG = [
    ["raw of another category", ["rows", 0, "raw", "channel"], "phone", /^golden\.json#\/rows\/0\/encoded\/2: channel encodes to 1 here, the training side has /],
    ["raw of an unknown name", ["rows", 0, "raw", "age"], 40, /^golden\.json#\/rows\/0\/raw\/age: is not a feature of the manifest$/],
    ["raw out of range", ["rows", 0, "raw", "recency"], 13, /^golden\.json#\/rows\/0\/raw\/recency: must be at most 12$/],
    ["raw without a required value", ["rows", 0, "raw", "newbie"], null, /^golden\.json#\/rows\/0\/raw\/newbie: is missing, and the feature rejects that$/],
    ["another output", ["rows", 3, "outputs", "visit_baseline"], 0.5, /^golden\.json#\/rows\/3\/outputs\/visit_baseline: golden mismatch: /],
    ["outputs of another shape", ["rows", 0, "outputs", "visit"], [[0, 0]], /^golden\.json#\/rows\/0\/outputs\/visit: must be 2 lists of 2 numbers$/],
    ["outputs without a head", ["rows", 0, "outputs", "incentive"], undefined, /^golden\.json#\/rows\/0\/outputs\/incentive: must be 2 lists/],
    ["another best action", ["rows", 56, "bestAction"], "no_offer", /^golden\.json#\/rows\/56\/bestAction: the graph's best action is mail, the training library's no_offer$/],
    ["another schema", ["schema"], "v2", /^golden\.json#\/schema: /],
    ["no rows", ["rows"], [], /^golden\.json#\/rows: /],
  ] as const;

  it.each(WRONG)("names %s", async (_, at, value, fault) => {
    await models.patchGolden(TINY, at, value);
    expect((await refusal())[0]).toMatch(fault);
  });

  it("accepts an output inside the tolerance and refuses one outside", async () => {
    const golden = JSON.parse((await models.read(TINY, "golden.json")).toString("utf8"));
    const expected: number = golden.rows[0].outputs.incentive[1][0];
    await models.patchGolden(TINY, ["rows", 0, "outputs", "incentive", 1, 0], expected * (1 + 0.9e-5));
    expect(await refusal()).toEqual([]);
    await models.patchGolden(TINY, ["rows", 0, "outputs", "incentive", 1, 0], expected * (1 + 1.2e-5));
    expect((await refusal())[0]).toMatch(/^golden\.json#\/rows\/0\/outputs\/incentive\/1\/0: golden mismatch: /);
  });
});

describe("manifests that are wrong", () => {
  it("names a manifest that is missing, empty, not JSON or too large", async () => {
    await models.write(TINY, "manifest.json", "");
    expect(await refusal()).toEqual(["manifest.json: is empty"]);
    await models.write(TINY, "manifest.json", "{");
    expect(await refusal()).toEqual(["manifest.json: must be JSON in UTF-8"]);
    await models.write(TINY, "manifest.json", Buffer.alloc(4 * MIB + 1, " "));
    expect(await refusal()).toEqual([`manifest.json: has ${4 * MIB + 1} bytes; at most ${4 * MIB} are read`]);
    await unlink(models.file(TINY, "manifest.json"));
    expect(await refusal()).toEqual(["manifest.json: is missing"]);
  });

  const WRONG = [
    [["name"], "other", "manifest.json#/name: must equal the name of the model's folder"],
    [["version"], "2", "manifest.json#/version: must equal the name of the version's folder"],
    [["expiresAt"], "2026-11-21T11:59:59Z", "manifest.json#/expiresAt: the model expired at 2026-11-21T11:59:59Z; train a new version"],
    [["graph", "file"], "other.onnx", "manifest.json#/graph/file: must name a file that files lists with its hash"],
    [["graph", "onnxruntimeMin"], "99.0.0", /^manifest\.json#\/graph\/onnxruntimeMin: the model needs ONNX Runtime 99\.0\.0 or later/],
    [["features", 1, "index"], 0, "manifest.json#/features/1/index: must be 1: features are listed in index order"],
    [["features", 1, "default"], null, "manifest.json#/features/1/default: must be a number when onMissing is default, and null when it is not"],
    [["features", 1, "default"], -1, "manifest.json#/features/1/default: must lie within min and max"],
    [["features", 1, "min"], 2_000, "manifest.json#/features/1/min: must not be above max"],
    [["features", 2, "vocabulary"], ["web", "web", "multi"], "manifest.json#/features/2/vocabulary: must not hold a category twice"],
    [["features", 3, "max"], 2, "manifest.json#/features/3/min: must be 0, and max 1, for a boolean feature"],
    [["features", 3, "name"], "recency", "manifest.json#/features/3/name: must not be listed twice"],
    [["featureDigest"], `sha256:${"0".repeat(64)}`, /^manifest\.json#\/featureDigest: does not belong to these features .*; right would be sha256:[0-9a-f]{64}$/],
    [["actions", 1], "mail", "manifest.json#/actions/1: must not be listed twice"],
    [["actions", 1], "no_offer", "manifest.json#/actions: must not list no_offer: it is always there and has no output"],
    [["heads", 1, "kind"], "value", "manifest.json#/heads: must have a cost head"],
    [["heads", 2, "of"], "order", "manifest.json#/heads/2/of: must name a value or cost head of this model"],
    [["replicates"], 3, "manifest.json#/uncertainty/replicates: must be 3, as replicates says"],
    [["calibration", "visit", "call"], undefined, "manifest.json#/calibration/visit/call: is missing"],
    [["calibration", "order"], {}, "manifest.json#/calibration/order: names nothing this manifest declares"],
    [["calibration", "visit", "call", "x"], [0, 0, 1], "manifest.json#/calibration/visit/call/x: must be strictly ascending"],
    [["calibration", "visit", "call", "x"], [0, 1], "manifest.json#/calibration/visit/call/y: must have 2 values, as x has"],
    [["calibration", "visit", "call", "y"], [0, -1, 1], "manifest.json#/calibration/visit/call/y: must not descend"],
    [["golden", "rows"], 65, "golden.json#/rows: must be 65 rows as the manifest says, got 64"],
    [["surprise"], 1, /^manifest\.json#\/: Unrecognized key: "surprise"/],
    [["replicates"], "2", /^manifest\.json#\/replicates: Invalid input: expected (number|int), received string/],
    [["files", "../../passwd"], { sha256: "0".repeat(64), bytes: 1 }, /^manifest\.json#\/files\/\.\.\/\.\.\/passwd: /],
  ] as const;

  it.each(WRONG)("refuses %j = %j", async (at, value, fault) => {
    await models.patchManifest(TINY, at, value);
    const faults = await refusal();
    expect(faults).toContainEqual(typeof fault === "string" ? fault : expect.stringMatching(fault));
  });

  it("finds a feature left out of the manifest by the feature digest", async () => {
    const manifest = JSON.parse(await readFile(path.join(TINY_DIRECTORY, TINY, "manifest.json"), "utf8"));
    await models.patchManifest(TINY, ["features"], manifest.features.slice(0, 3));
    expect(await refusal()).toEqual([expect.stringMatching(/^manifest\.json#\/featureDigest: /)]);
  });
});
