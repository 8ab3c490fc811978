/** The short form of `node bench/sync-order.ts`: what the system was asked to do, and in which order. */
import { describe, expect, it } from "vitest";
import { callsOf, orderIn, traceDecisions, tracingFault } from "../support/system-calls.ts";

const fault = tracingFault();
const LOAD = { callers: 4, each: 15 };

describe.skipIf(fault !== null)(`system calls of the service${fault === null ? "" : ` (skipped: ${fault})`}`, () => {
  it("power: the fdatasync of its record's segment had returned before any answer was handed to a socket", async () => {
    const { told, writtenFirst, syncedFirst } = await traceDecisions("power", LOAD);
    expect({ told, writtenFirst, syncedFirst }).toEqual({ told: 60, writtenFirst: 60, syncedFirst: 60 });
  }, 120_000);

  it("process: the write had returned, and nothing was synced for it", async () => {
    const { told, writtenFirst, syncedFirst } = await traceDecisions("process", LOAD);
    expect({ told, writtenFirst, syncedFirst }).toEqual({ told: 60, writtenFirst: 60, syncedFirst: 0 });
  }, 120_000);
});

describe("the order in a trace", () => {
  const ID = "01a21f36-77bd-734d-b86f-244e561eaf0f";
  const segment = "</data/decisions/decisions-20261121T200000123Z-0badcafe.ndjson>";
  const write = `7 write(21${segment}, "{\\"schema\\":\\"x\\",\\"decisionId\\":\\"${ID}\\"}\\n", 9) = 9`;
  const answer = `3 write(25<TCP:[127.0.0.1:1->127.0.0.1:2]>, "HTTP/1.1 200 OK {\\"decisionId\\":\\"${ID}\\"}", 9) = 9`;
  const sync = (from: string, to: string) => [
    `8 fdatasync(21${from} <unfinished ...>`,
    `8 <... fdatasync resumed>) = ${to}`,
  ];
  const [begun = "", ended = ""] = sync(segment, "0");
  const [, failed = ""] = sync(segment, "-1 EIO (Input/output error)");
  const [elsewhere = ""] = sync("</data/ledger.ndjson>", "0");

  it.each([
    { what: "synced, then told", lines: [write, begun, ended, answer], synced: 1 },
    { what: "told while it is synced", lines: [write, begun, answer, ended], synced: 0 },
    { what: "synced before it was written", lines: [begun, ended, write, answer], synced: 0 },
    { what: "synced from before it was written", lines: [begun, write, ended, answer], synced: 0 },
    { what: "not synced, with an error", lines: [write, begun, failed, answer], synced: 0 },
    { what: "another file synced", lines: [write, elsewhere, ended, answer], synced: 0 },
    { what: "never synced", lines: [write, answer], synced: 0 },
  ])("$what", ({ lines, synced }) => {
    expect(orderIn(callsOf(lines.join("\n")), [ID]).syncedFirst).toBe(synced);
  });

  it("knows an answer that came before the record", () => {
    expect(orderIn(callsOf([answer, write].join("\n")), [ID])).toMatchObject({ writtenFirst: 0, syncedFirst: 0 });
  });
});
