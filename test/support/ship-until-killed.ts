/**
 * Appends records to a decision log, 64 at a time and some thousand ahead of what the sink has of them, until it is killed.
 * The number of each acknowledged record goes to a file at once; a dot on stdout for each stretch that was confirmed sets
 * the parent's pace.
 */
import { openSync, writeSync } from "node:fs";
import { argv, stdout } from "node:process";
import { shipDecisions } from "./ship-decisions.ts";

const AHEAD_MAX = 2_000;

const [, , dataDir = "", url = "", first = "", acknowledgements = ""] = argv;
let ahead = 0;
let caughtUp = Promise.withResolvers<void>();
const { log } = await shipDecisions({
  dataDir,
  url,
  onShipped: (records) => {
    stdout.write(".");
    ahead -= records;
    caughtUp.resolve();
    caughtUp = Promise.withResolvers();
  },
});
const noted = openSync(acknowledgements, "wx");
let next = Number(first);

async function appendForever(): Promise<never> {
  for (;;) {
    if (ahead >= AHEAD_MAX) await caughtUp.promise;
    const number = next++;
    ahead += 1;
    const filler = "x".repeat(number % 2_000);
    await log.append(JSON.stringify({ schema: "liftgate.decision.v1", decisionId: `d${number}`, number, filler }));
    writeSync(noted, `${number}\n`);
  }
}
// Shipping's own timers keep no process alive; a server would.
setInterval(() => undefined, 60_000);
await Promise.all(Array.from({ length: 64 }, appendForever));
