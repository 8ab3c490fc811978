/** What the loader says about files and manifests that are wrong, before any graph is run. */
import { mkdir, readFile, unlink } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelFolder } from "../../../src/adapters/onnx/model-folder.ts";
import {
  faultLines,
  MIB,
  ModelsDirectory,
  NOW_MS,
  refusalOf,
  TINY,
  TINY_DIRECTORY,
} from "../../support/model-folders.ts";

let models: ModelsDirectory;

beforeEach(async () => {
  models = await ModelsDirectory.create();
  await models.add(TINY_DIRECTORY, TINY);
});

afterEach(async () => {
  await models.remove();
});

describe("a good folder", () => {
  it("is listed, opened and described by its manifest", async () => {
    const folder = new ModelFolder({ directory: models.path, now: () => NOW_MS });
    expect(await folder.list()).toEqual([TINY]);
    const opened = await folder.open(TINY);
    if (!opened.ok) throw new Error(faultLines(opened).join("\n"));
    const model = opened.value;
    expect([model.name, model.version, model.createdAt, model.expiresAt]).toEqual([
      "tiny",
      "1",
      "2026-11-21T00:00:00Z",
      null,
    ]);
    expect(model.digest).toBe(await folder.digestOf(TINY));
    expect(model.outputs.actions).toEqual(["mail", "call"]);
    expect(model.outputs.calibration["visit"]?.map(({ kind }) => kind)).toEqual(["linear", "isotonic"]);
    expect(model.contract.set).toBe("tiny");
    expect(model.maxAgeMs).toBe(7 * 86_400_000);
    await model.release();
  });

  it("does not list hidden folders, which are drafts of a writer", async () => {
    await mkdir(path.join(models.path, "tiny", ".2.draft"));
    expect(await new ModelFolder({ directory: models.path, now: () => NOW_MS }).list()).toEqual([TINY]);
  });
});

describe("files that are not what the manifest lists", () => {
  it("names a wrong hash", async () => {
    const graph = await models.read(TINY, "model.onnx");
    graph.writeUInt8(graph.readUInt8(1_000) ^ 1, 1_000);
    await models.write(TINY, "model.onnx", graph);
    expect(await refusalOf(models)).toEqual([
      expect.stringMatching(/^model\.onnx: wrong hash: SHA-256 is [0-9a-f]{64}, the manifest lists [0-9a-f]{64}/),
    ]);
  });

  it("names an empty file", async () => {
    await models.write(TINY, "model.onnx", "");
    expect(await refusalOf(models)).toEqual(["model.onnx: is empty"]);
  });

  it("names a truncated file", async () => {
    await models.write(TINY, "model.onnx", (await models.read(TINY, "model.onnx")).subarray(0, 1_000));
    expect(await refusalOf(models)).toEqual([
      expect.stringMatching(/^model\.onnx: has 1000 bytes, the manifest lists \d+: the file is truncated/),
    ]);
  });

  it("names a Git LFS pointer", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    await models.write(TINY, "model.onnx", pointer);
    expect(await refusalOf(models)).toEqual([
      "model.onnx: is a Git LFS pointer, not the file itself; run git lfs pull",
    ]);
  });

  it("names missing golden rows", async () => {
    await unlink(models.file(TINY, "golden.json"));
    expect(await refusalOf(models)).toEqual(["golden.json: is missing"]);
  });

  it("names every file that no hash covers", async () => {
    await models.write(TINY, "weights.data", "x");
    await models.write(TINY, "other.onnx", "x");
    const rule = "is not listed in the manifest; remove it, or list it under files with its hash";
    expect(await refusalOf(models)).toEqual([`other.onnx: ${rule}`, `weights.data: ${rule}`]);
  });

  it("names a directory in the place of a file", async () => {
    await unlink(models.file(TINY, "model.onnx"));
    await mkdir(models.file(TINY, "model.onnx"));
    expect(await refusalOf(models)).toContain("model.onnx: must be a regular file");
  });
});

describe("manifests that are wrong", () => {
  it("names a manifest that is missing, empty, not JSON or too large", async () => {
    await models.write(TINY, "manifest.json", "");
    expect(await refusalOf(models)).toEqual(["manifest.json: is empty"]);
    await models.write(TINY, "manifest.json", "{");
    expect(await refusalOf(models)).toEqual(["manifest.json: must be JSON in UTF-8"]);
    await models.write(TINY, "manifest.json", Buffer.alloc(4 * MIB + 1, " "));
    expect(await refusalOf(models)).toEqual([`manifest.json: has ${4 * MIB + 1} bytes; at most ${4 * MIB} are read`]);
    await unlink(models.file(TINY, "manifest.json"));
    expect(await refusalOf(models)).toEqual(["manifest.json: is missing"]);
  });

  const WRONG = [
    [["name"], "other", "manifest.json#/name: must equal the name of the model's folder"],
    [["version"], "2", "manifest.json#/version: must equal the name of the version's folder"],
    [
      ["expiresAt"],
      "2026-11-21T11:59:59Z",
      "manifest.json#/expiresAt: the model expired at 2026-11-21T11:59:59Z; train a new version",
    ],
    [["graph", "file"], "other.onnx", "manifest.json#/graph/file: must name a file that files lists with its hash"],
    [
      ["graph", "onnxruntimeMin"],
      "99.0.0",
      /^manifest\.json#\/graph\/onnxruntimeMin: the model needs ONNX Runtime 99\.0\.0 or later/,
    ],
    [["features", 1, "index"], 0, "manifest.json#/features/1/index: must be 1: features are listed in index order"],
    [
      ["features", 1, "default"],
      null,
      "manifest.json#/features/1/default: must be a number when onMissing is default, and null when it is not",
    ],
    [["features", 1, "default"], -1, "manifest.json#/features/1/default: must lie within min and max"],
    [["features", 1, "min"], 2_000, "manifest.json#/features/1/min: must not be above max"],
    [
      ["features", 2, "vocabulary"],
      ["web", "web", "multi"],
      "manifest.json#/features/2/vocabulary: must not hold a category twice",
    ],
    [["features", 3, "max"], 2, "manifest.json#/features/3/min: must be 0, and max 1, for a boolean feature"],
    [["features", 3, "name"], "recency", "manifest.json#/features/3/name: must not be listed twice"],
    [
      ["featureDigest"],
      `sha256:${"0".repeat(64)}`,
      /^manifest\.json#\/featureDigest: does not belong to these features .*; right would be sha256:[0-9a-f]{64}$/,
    ],
    [["actions", 1], "mail", "manifest.json#/actions/1: must not be listed twice"],
    [
      ["actions", 1],
      "no_offer",
      "manifest.json#/actions: must not list no_offer: it is always there and has no output",
    ],
    [["heads", 1, "kind"], "value", "manifest.json#/heads: must have a cost head"],
    [["heads", 2, "of"], "order", "manifest.json#/heads/2/of: must name a value or cost head of this model"],
    [["replicates"], 3, "manifest.json#/uncertainty/replicates: must be 3, as replicates says"],
    [["calibration", "visit", "call"], undefined, "manifest.json#/calibration/visit/call: is missing"],
    [["calibration", "order"], {}, "manifest.json#/calibration/order: names nothing this manifest declares"],
    [
      ["calibration", "visit", "call", "x"],
      [0, 0, 1],
      "manifest.json#/calibration/visit/call/x: must be strictly ascending",
    ],
    [
      ["calibration", "visit", "call", "x"],
      [0, 1],
      "manifest.json#/calibration/visit/call/y: must have 2 values, as x has",
    ],
    [["calibration", "visit", "call", "y"], [0, -1, 1], "manifest.json#/calibration/visit/call/y: must not descend"],
    [["golden", "rows"], 65, "golden.json#/rows: must be 65 rows as the manifest says, got 64"],
    [["surprise"], 1, /^manifest\.json#\/: Unrecognized key: "surprise"/],
    [["replicates"], "2", /^manifest\.json#\/replicates: Invalid input: expected (number|int), received string/],
    [["files", "../../passwd"], { sha256: "0".repeat(64), bytes: 1 }, /^manifest\.json#\/files\/\.\.\/\.\.\/passwd: /],
  ] as const;

  it.each(WRONG)("refuses %j = %j", async (at, value, fault) => {
    await models.patchManifest(TINY, at, value);
    const isFault = (line: string): boolean => (typeof fault === "string" ? line === fault : fault.test(line));
    expect((await refusalOf(models)).filter(isFault)).toHaveLength(1);
  });

  it("finds a feature left out of the manifest by the feature digest", async () => {
    const manifest = JSON.parse(await readFile(path.join(TINY_DIRECTORY, TINY, "manifest.json"), "utf8"));
    await models.patchManifest(TINY, ["features"], manifest.features.slice(0, 3));
    expect(await refusalOf(models)).toEqual([expect.stringMatching(/^manifest\.json#\/featureDigest: /)]);
  });
});
