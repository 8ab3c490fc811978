/**
 * Puts offers into embedded histories, 16 at a time, until it is killed: one a minute, each needed for
 * an hour. The number of each acknowledged one goes to a file at once, where it outlives the process; a
 * dot on stdout sets the parent's pace.
 */
import { openSync, writeSync } from "node:fs";
import { argv, stdout } from "node:process";
import { openEmbeddedOfferHistory } from "../../src/adapters/memory/offer-history.ts";
import { HOUR_MS, keptOf, NOW_MS, placeOf } from "./offers.ts";

const [, , dataDir = "", first = "", acknowledgements = ""] = argv;
const history = await openEmbeddedOfferHistory({ dataDir });
const noted = openSync(acknowledgements, "wx");
let next = Number(first);

async function offerForever(): Promise<never> {
  for (;;) {
    const number = next++;
    const decidedAtMs = NOW_MS + number * 60_000;
    const keepUntilMs = decidedAtMs + HOUR_MS;
    const subjects = [{ scope: "user", id: `u${number % 7}` }] as const;
    await history.take(placeOf(number, { keepUntilMs }), subjects, NOW_MS);
    await history.give(keptOf(number, { decidedAtMs, keepUntilMs }), subjects);
    writeSync(noted, `${number}\n`);
    stdout.write(".");
  }
}
await Promise.all(Array.from({ length: 16 }, offerForever));
