import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openEmbeddedOfferHistory } from "../../../src/adapters/memory/offer-history.ts";
import { offersOf, placesOf } from "../../contracts/offer-history.ts";
import { TestDirectory } from "../../support/decision-log-files.ts";
import { NOW_MS } from "../../support/offers.ts";

const CHILD = fileURLToPath(new URL("../../support/offer-until-killed.ts", import.meta.url));
/** Acknowledgements after which each round kills: some before the file was rewritten, some after. */
const KILL_AFTER = fc.sample(fc.integer({ min: 1, max: 30_000 }), { seed: 20261125, numRuns: 5 });
/** The offer of so many minutes ago is not needed any more. */
const NEEDED = 60;

test("over five kills of one directory, every acknowledged offer that is still needed is there, and none twice", async () => {
  using directory = new TestDirectory();
  for (const [round, count] of KILL_AFTER.entries()) {
    const acknowledged = await acknowledgedUntilKilled(directory.path, round * 1_000_000, count);
    const history = await openEmbeddedOfferHistory({ dataDir: directory.path });
    const held: number[] = [];
    for (let user = 0; user < 7; user++) {
      const subject = { scope: "user", id: `u${user}` } as const;
      for (const offer of await offersOf(history, subject)) held.push((offer.decidedAtMs - NOW_MS) / 60_000);
      expect(await placesOf(history, subject)).toEqual([]);
    }
    await history.close();
    const latest = Math.max(...held);
    const needed = acknowledged.filter((number) => number > latest - NEEDED);
    expect(acknowledged.length).toBeGreaterThanOrEqual(count);
    expect(needed.length).toBeGreaterThanOrEqual(Math.min(count, NEEDED / 2));
    expect(needed.filter((number) => !held.includes(number))).toEqual([]);
    expect(held).toHaveLength(new Set(held).size);
    // Of 16 offers under way at most 16 were not acknowledged.
    expect(held.filter((number) => number <= latest - NEEDED)).toEqual([]);
    expect(latest - Math.max(...acknowledged)).toBeLessThanOrEqual(16);
  }
});

/** Kills the child by its id once it printed `count` dots; returns what it had acknowledged by the time it was dead. */
async function acknowledgedUntilKilled(directory: string, first: number, count: number): Promise<readonly number[]> {
  using notes = new TestDirectory();
  const noted = join(notes.path, "acknowledged");
  const child = spawn(execPath, [CHILD, directory, String(first), noted], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let dots = 0;
  for await (const chunk of child.stdout.setEncoding("latin1")) {
    dots += String(chunk).length;
    if (dots >= count) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return readFileSync(noted, "latin1").split("\n").slice(0, -1).map(Number);
}
