import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelFolder } from "../../src/adapters/onnx/model-folder.ts";
import { validateModels } from "../../src/cli/validate-models.ts";
import { ModelsDirectory, TINY, TINY_DIRECTORY } from "../support/model-folders.ts";

let models: ModelsDirectory;
let source: ModelFolder;

beforeEach(async () => {
  models = await ModelsDirectory.create();
  source = new ModelFolder({ directory: models.path, now: () => Date.parse("2026-11-21T12:00:00Z") });
});

afterEach(async () => {
  await models.remove();
});

describe("validating models", () => {
  it("finds nothing wrong with no models", async () => {
    expect(await validateModels(source)).toEqual({ valid: true, models: [] });
  });

  it("opens each folder and tells what is wrong with the bad ones", async () => {
    await models.add(TINY_DIRECTORY, TINY);
    const told: string[] = [];
    const good = await validateModels(source, ({ folder }) => void told.push(folder));
    expect(good).toEqual({ valid: true, models: [{ folder: TINY, digest: await source.digestOf(TINY), faults: [] }] });
    expect(told).toEqual([TINY]);

    await models.write(TINY, "model.onnx", "");
    expect(await validateModels(source)).toEqual({
      valid: false,
      models: [{ folder: TINY, digest: await source.digestOf(TINY), faults: [{ path: "model.onnx", rule: "is empty" }] }],
    });
  });

  it("fails when the directory cannot be read", async () => {
    await models.remove();
    await expect(validateModels(source)).rejects.toThrow("ENOENT");
  });
});
