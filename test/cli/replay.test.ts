/** Replaying the log that a service wrote: whole, and tampered with in one place. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replayAll, type ReplayReport } from "../../src/cli/replay.ts";
import { type Again, composeReplay } from "../../src/compose/offline.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { readConfig } from "../../src/ops/config.ts";
import { run } from "../support/command-line.ts";
import { CUSTOMER, PROGRAM, startTestService, type TestService } from "../support/service.ts";

const DECISIONS = 120;

let service: TestService;
let log: readonly string[];
beforeAll(async () => {
  service = await startTestService();
  await service.putFeatures(CUSTOMER, ...Array.from({ length: 100 }, (_, i) => `user-${i}`));
  await service.putFeatures(
    { ...CUSTOMER, recency: 1, mens: null },
    ...Array.from({ length: 50 }, (_, i) => `user-${2 * i}`),
  );
  const requests = Array.from({ length: DECISIONS }, (_, i) => ({
    programId: PROGRAM,
    userId: `user-${i}`,
    requestId: `r${i}`,
    ...(i % 7 === 0 && { actions: ["womens_email"] }),
    ...(i % 5 === 0 && { context: { surface: "checkout", odd: -0, text: '\u2028"' } }),
  }));
  expect((await service.call("POST", "/v1/decide/batch", { body: { requests } })).status).toBe(200);
  await service.shutDown();
  const [segment = ""] = await service.segments();
  log = (await readFile(segment, "utf8")).trimEnd().split("\n");
});
afterAll(() => service.stop());

const segmentsFolder = () => join(service.dataDir, "..", "tampered");

/** A folder with these lines as its only segment. */
async function tamperedLog(lines: readonly string[], ending = "\n"): Promise<string> {
  await mkdir(segmentsFolder(), { recursive: true });
  const [segment = ""] = await service.segments();
  await writeFile(join(segmentsFolder(), basename(segment)), `${lines.join("\n")}${ending}`);
  return segmentsFolder();
}

/** What the command would print, without a process of its own. */
async function replayOf(
  lines: readonly string[],
  { ending = "\n", what = DECIDED }: Replaying = {},
): Promise<ReplayReport> {
  const decisions = composeReplay(readConfig({ DATA_DIR: service.dataDir }));
  return replayAll(decisions, await decisions.segments([await tamperedLog(lines, ending)]), what);
}

interface Replaying {
  readonly ending?: string;
  readonly what?: Again;
}
const DECIDED = "decided";
const SCORED = { what: "decided and scored" } as const;

/** The line that is changed: a decision of the model among several actions. */
function lineOfChoice(): number {
  return log.findIndex((text) => {
    const { arm, action, requested, candidates }: DecisionRecord = JSON.parse(text);
    return arm === "policy" && action === "mens_email" && requested === null && candidates.every(({ p }) => p > 0.01);
  });
}

/** The log with one record changed. */
function tampered(change: (record: Mutable) => void): readonly string[] {
  const line = lineOfChoice();
  return log.map((text, i) => {
    if (i !== line) return text;
    const record: Mutable = JSON.parse(text);
    change(record);
    return JSON.stringify(record);
  });
}
type Mutable = { -readonly [Key in keyof DecisionRecord]: DecisionRecord[Key] };

describe("replay", () => {
  it("decides every record again, bit for bit", async () => {
    const { code, stdout, stderr } = await run(["replay"], { DATA_DIR: service.dataDir });
    expect([code, stdout, stderr]).toEqual([0, `${DECISIONS} identical, 0 different, 0 torn tails\n`, ""]);
  });

  it("takes segments and folders as arguments", async () => {
    const [segment = ""] = await service.segments();
    const environment = { DATA_DIR: service.dataDir };
    const { stdout } = await run(["replay", segment, dirname(segment)], environment);
    expect(stdout).toBe(`${2 * DECISIONS} identical, 0 different, 0 torn tails\n`);
  });

  const someone = (record: Mutable) => record.candidates[1];
  it.each<[string, (record: Mutable) => void, string]>([
    ["propensity", (record) => (record.propensity *= 1 - 2 ** -53), "propensity"],
    ["action", (record) => (record.action = record.action === "no_offer" ? "mens_email" : "no_offer"), "action"],
    ["luck", (record) => (record.u = 0), "action"],
    ["arm's share", (record) => (record.armShare = 0.5), "armShare"],
    ["probability of one action", (record) => Object.assign(someone(record) ?? {}, { p: 0.123 }), "candidates[1].p"],
    ["score of one action", (record) => Object.assign(someone(record) ?? {}, { value: 1e6 }), "candidates[1].net"],
    [
      "fate of one action",
      (record) => Object.assign(someone(record) ?? {}, { pruned: "unpriced" }),
      "candidates[1].pruned",
    ],
    ["choice of actions", (record) => (record.requested = []), "candidates[1].excluded"],
  ])("names the line and the field when somebody changed a record's %s", async (_, change, field) => {
    const { identical, different, shown } = await replayOf(tampered(change));
    expect([identical, different]).toEqual([DECISIONS - 1, 1]);
    const [first = ""] = shown;
    const [, fields = ""] = first.split(`.ndjson:${lineOfChoice() + 1}: `);
    expect(fields.split(", ")).toContain(field);
  });

  it.each<[string, string, string]>([
    ["of another program version", "sha256:", "program"],
    ["without a field", "", "not a decision record: arm"],
  ])("names a record %s", async (_, digest, message) => {
    const { shown } = await replayOf(
      tampered((record) => {
        if (digest === "") Reflect.deleteProperty(record, "arm");
        else record.program = { ...record.program, digest: `sha256:${"0".repeat(64)}` };
      }),
    );
    expect(shown).toEqual([expect.stringContaining(message)]);
  });

  it("a line that is no JSON in the middle is a difference, a torn tail is not", async () => {
    const broken = await replayOf(log.map((line, i) => (i === 5 ? line.slice(0, 100) : line)));
    expect(broken).toMatchObject({ identical: DECISIONS - 1, different: 1, shown: [expect.stringContaining(":6: ")] });
    const torn = await replayOf(log, { ending: '\n{"schema":"liftgate.dec' });
    expect(torn).toMatchObject({ identical: DECISIONS, different: 0, torn: 1 });
  });

  it("of a tampered log ends with 1 and prints the differences", async () => {
    const folder = await tamperedLog(tampered((record) => (record.propensity = 0.5)));
    const { code, stdout } = await run(["replay", folder], { DATA_DIR: service.dataDir });
    expect(code).toBe(1);
    const [shown = "", ...table] = stdout.split("\n");
    expect(shown).toMatch(new RegExp(`\\.ndjson:${lineOfChoice() + 1}: propensity$`));
    expect(table).toEqual([
      "",
      "records that differ, by field",
      "  propensity          1",
      "",
      `${DECISIONS - 1} identical, 1 different, 0 torn tails`,
      "",
    ]);
  });

  it("counts records that differ by field, once a record", async () => {
    const { fields } = await replayOf(
      log.map((line, i) => (i < 3 ? line.replace(/"p":[^,}]+/g, '"p":0.125') : i === 3 ? "{}" : line)),
    );
    expect([...fields]).toEqual([
      ["candidates.p", 3],
      ["(not a record)", 1],
    ]);
  });

  it("a log that is not there ends with 1", async () => {
    const { code, stderr } = await run(["replay", "/nowhere"], { DATA_DIR: service.dataDir });
    expect([code, stderr]).toEqual([1, expect.stringContaining("ENOENT")]);
  });
});

describe("replay with scores", () => {
  it("runs the recorded model on the recorded features and finds the same scores, bit for bit", async () => {
    const { code, stdout } = await run(["replay", "--rescore"], { DATA_DIR: service.dataDir });
    const scored = log.filter((line) => line.includes('"withheld":null')).length;
    expect([code, stdout]).toEqual([0, `${DECISIONS} identical, 0 different, 0 torn tails, ${scored} scored again\n`]);
    expect(scored).toBe(100);
  });

  const mens = (record: Mutable) => record.candidates[1] ?? {};
  it.each<[string, (record: Mutable) => void, string]>([
    ["value", (record) => Object.assign(mens(record), { value: 0.123456 }), "candidates[1].value"],
    ["deviation", (record) => Object.assign(mens(record), { valueStd: 0.123456 }), "candidates[1].valueStd"],
    ["cost", (record) => Object.assign(mens(record), { cost: null }), "candidates[1].cost"],
    ["features", (record) => Object.assign(record.features ?? {}, { values: Array(8).fill(0) }), "candidates[1].value"],
    [
      "model",
      (record) => (record.model = { name: PROGRAM, version: "1", digest: `sha256:${"0".repeat(64)}` }),
      "is not the model that scored",
    ],
    [
      "model's name",
      (record) => (record.model = { name: "nobody", version: "1", digest: `sha256:${"1".repeat(64)}` }),
      "nobody/1",
    ],
    [
      "feature contract",
      (record) => Object.assign(record.features ?? {}, { contract: `sha256:${"0".repeat(64)}` }),
      "the features are not of the contract of hillstrom-email/1",
    ],
  ])("finds that somebody changed a record's %s", async (_, change, told) => {
    const { different, shown } = await replayOf(tampered(change), SCORED);
    expect([different, shown]).toEqual([1, [expect.stringContaining(told)]]);
  });
});
