import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const CLOCK = new URL("../../loop/clock.ts", import.meta.url).href;
const START_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;
/** Says what the clocks say at every jump, and which timers were called by then. */
const SCRIPT = `
const called = [];
setTimeout(() => { called.push("hour"); clearTimeout(never); }, ${HOUR_MS});
setTimeout(() => called.push("minute"), 60_000);
const never = setTimeout(() => called.push("never"), ${HOUR_MS} + 1_000);
setTimeout(() => called.push("day"), 86_400_000);
const [wall, monotonic] = [Date.now(), performance.now()];
const say = () => console.log(JSON.stringify([Date.now() - wall, performance.now() - monotonic, called]));
process.on("message", (message) => setImmediate(() => { say(); if (message === 0) process.exit(0); }));
say();
`;

describe("the clock of the loop", () => {
  test("jumps forward for wall and monotonic time alike, calls what was due in its order, and never goes back", async () => {
    const child = spawn(
      process.execPath,
      ["--import", `${CLOCK}?startMs=${START_MS}`, "--input-type=module", "-e", SCRIPT],
      {
        cwd: fileURLToPath(new URL("../..", import.meta.url)),
        stdio: ["ignore", "pipe", "inherit", "ipc"],
      },
    );
    let said = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const ended = once(child, "close");
    for (const atMs of [START_MS + 2 * HOUR_MS, 0]) {
      child.send(atMs);
      await once(child, "message");
    }
    await ended;
    const lines = said
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(lines).toHaveLength(3);
    for (const line of lines.slice(1)) {
      if (!Array.isArray(line)) throw new Error("expected what the clocks say");
      const [wallMs, monotonicMs, called] = line.map((each: unknown) => each);
      expect(Number(wallMs)).toBeGreaterThan(1.9 * HOUR_MS);
      expect(Math.abs(Number(wallMs) - Number(monotonicMs))).toBeLessThan(2);
      expect(called).toEqual(["minute", "hour"]);
    }
  });
});
