/** The short form of `node bench/rolling.ts`. */
import { expect, test } from "vitest";
import { showRolling, showSigterm } from "../support/show-restarts.ts";

const NOTHING_FAILED = { failed: [], lost: 0, unclean: 0 };

test("two replicas that are restarted in turn behind a balancer fail no call", async () => {
  const shown = await showRolling({ connections: 8, rounds: 1, progress: () => undefined });
  expect(shown).toMatchObject({ ...NOTHING_FAILED, restarts: 4 });
  expect(shown.calls).toBeGreaterThan(8);
}, 120_000);

test("a replica that gets SIGTERM under load answers every call it took, and ends by itself", async () => {
  const shown = await showSigterm({ connections: 8 });
  expect(shown).toMatchObject({ ...NOTHING_FAILED, restarts: 1 });
  expect(shown.calls).toBeGreaterThan(80);
}, 120_000);
