import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../support/command-line.ts";

// ONNX Runtime keeps its device id and its unsent reports under the home directory. `CI` would turn them off
// too, and is not passed on here.
test("verifying a model leaves nothing of ONNX Runtime's in the home directory", async () => {
  const home = await mkdtemp(join(tmpdir(), "liftgate-home-"));
  onTestFinished(() => rm(home, { recursive: true }));
  const { code } = await run(["validate"], { HOME: home });
  expect(code).toBe(0);
  expect(await readdir(home, { recursive: true })).toEqual([]);
});
