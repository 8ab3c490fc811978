import { describe, expect, it } from "vitest";
import { checkRuntime, RUNTIME_VERSION } from "../../../src/adapters/onnx/runtime.ts";

const PATH = "manifest.json#/graph/onnxruntimeMin";

describe("the ONNX Runtime version", () => {
  it("is one that this service trusts", () => {
    expect(checkRuntime(RUNTIME_VERSION, "1.22.0")).toEqual([]);
  });

  it.each(["1.26.0", "1.27.0", "1.28.2"])("%s is refused for wrong tree scores", (version) => {
    const rule = `ONNX Runtime ${version} scores trees wrongly and is not used; install 1.29 or later`;
    expect(checkRuntime(version, "1.22.0")).toEqual([{ path: PATH, rule }]);
  });

  it.each([
    ["1.22.0", "1.22.0"],
    ["1.22.1", "1.22.0"],
    ["1.30.0", "1.9.0"],
    ["2.0.0", "1.30.0"],
    ["1.30.0", "1.30"],
  ])("%s satisfies a minimum of %s", (version, minimum) => {
    expect(checkRuntime(version, minimum)).toEqual([]);
  });

  it.each([
    ["1.22.0", "1.22.1"],
    ["1.9.0", "1.30.0"],
    ["1.30.0", "2.0.0"],
  ])("%s does not satisfy a minimum of %s", (version, minimum) => {
    const rule = `the model needs ONNX Runtime ${minimum} or later; this service has ${version}`;
    expect(checkRuntime(version, minimum)).toEqual([{ path: PATH, rule }]);
  });

  it("refuses a minimum that is not a version", () => {
    expect(checkRuntime("1.30.0", "latest")).toEqual([{ path: PATH, rule: "must be a version such as 1.22.0" }]);
  });
});
