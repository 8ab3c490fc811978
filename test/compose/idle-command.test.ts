import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { idleCommand } from "../../src/compose/idle-command.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";
import { HAS_IDLE, IDLE, INHERITED, POLICY } from "../support/scheduling.ts";

function policyOf(path: string): number {
  const { file, args } = idleCommand({ file: process.execPath, args: ["-p", POLICY] });
  return Number(execFileSync(file, args, { env: { PATH: path }, encoding: "utf8" }));
}

describe.runIf(process.platform === "linux")("a command that takes no time from others", () => {
  it.runIf(HAS_IDLE)("has the policy idle", () => {
    expect(policyOf(process.env["PATH"] ?? "")).toBe(IDLE);
  });

  it("runs without where there is no such policy", async () => {
    expect(policyOf(await temporaryFolder())).toBe(INHERITED);
  });
});

it("is told its arguments as they are, and says how it ended", () => {
  const told = ["two words", "$HOME", "'", "*"];
  const { file, args } = idleCommand({
    file: process.execPath,
    args: ["-e", "console.log(JSON.stringify(process.argv.slice(1))); process.exit(3)", ...told],
  });
  const { stdout, status } = spawnSync(file, args, { encoding: "utf8" });
  expect(JSON.parse(stdout)).toEqual(told);
  expect(status).toBe(3);
});
