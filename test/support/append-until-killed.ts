/**
 * Appends records to a decision log, 64 at a time, until it is killed. The number of each acknowledged
 * record goes to a file at once, where it outlives the process; a dot on stdout sets the parent's pace.
 */
import { randomBytes } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { argv, stdout } from "node:process";
import { FileDecisionLog } from "../../src/adapters/file/decision-log.ts";
import { LogWitness } from "./decision-log-files.ts";

const [, , directory = "", durability = "", acknowledgements = ""] = argv;
const log = new FileDecisionLog({
  directory,
  durability: durability === "power" ? "power" : "process",
  clock: Date.now,
  stopwatch: () => performance.now(),
  segmentSuffix: () => randomBytes(4).toString("hex"),
  observer: new LogWitness(),
  segmentBytesMax: 256 * 1024,
});

const noted = openSync(acknowledgements, "wx");
let next = 0;
async function appendForever(): Promise<never> {
  for (;;) {
    const number = next++;
    await log.append(JSON.stringify({ number, filler: "x".repeat(number % 2_000) }));
    writeSync(noted, `${number}\n`);
    stdout.write(".");
  }
}
await Promise.all(Array.from({ length: 64 }, appendForever));
