import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordsIn, TestDirectory } from "../../support/decision-log-files.ts";

const CHILD = fileURLToPath(new URL("../../support/append-until-killed.ts", import.meta.url));
/** Acknowledgements after which each round kills; drawn once, so every run kills at the same counts. */
const KILL_AFTER = fc.sample(fc.integer({ min: 1, max: 8_000 }), { seed: 20261121, numRuns: 5 });

describe("kill -9 under load", () => {
  it.each(["process", "power"] as const)(
    "%s: every acknowledged record is in the log, over five kills of one directory",
    async (durability) => {
      using directory = new TestDirectory();
      let before: readonly string[] = [];
      for (const count of KILL_AFTER) {
        const acknowledged = await acknowledgedUntilKilled(directory.path, durability, count);
        const records = await recordsIn(directory.path);
        const added = new Set(records.slice(before.length).map((text) => Number(JSON.parse(text).number)));
        expect(acknowledged.length).toBeGreaterThanOrEqual(count);
        expect(acknowledged.filter((number) => !added.has(number))).toEqual([]);
        expect(records.slice(0, before.length)).toEqual(before);
        before = records;
      }
    },
    60_000,
  );
});

/** Kills the child by its id once it printed `count` dots; returns what it had acknowledged by the time it was dead. */
async function acknowledgedUntilKilled(
  directory: string,
  durability: string,
  count: number,
): Promise<readonly number[]> {
  using notes = new TestDirectory();
  const noted = join(notes.path, "acknowledged");
  const child = spawn(execPath, [CHILD, directory, durability, noted], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let dots = 0;
  for await (const chunk of child.stdout.setEncoding("latin1")) {
    dots += String(chunk).length;
    if (dots >= count) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return readFileSync(noted, "latin1").split("\n").slice(0, -1).map(Number);
}
