/** Seals the plain segments of a directory, pass after pass, as the keeper does without its pauses, until it is killed. */
import { argv } from "node:process";
import { LogKeeper } from "../../src/adapters/file/log-keeper.ts";
import { sealSegment } from "../../src/adapters/file/seal-segment.ts";

const keeper = new LogKeeper({
  kind: "decisions",
  directory: argv[2] ?? "",
  isOpen: () => false,
  retentionMs: null,
  neededSinceMs: () => Infinity,
  seal: sealSegment,
  timer: { after: () => () => undefined },
  clock: Date.now,
  observer: {
    measured: () => undefined,
    cutOff: () => undefined,
    sealed: () => undefined,
    deleted: () => undefined,
    failed: (cause) => console.error(cause),
  },
});
console.log("begun");
setInterval(() => undefined, 60_000);
for (;;) {
  await keeper.pass();
  await new Promise(setImmediate);
}
