/** Replaying the log that a service wrote: whole, and tampered with in one place. */
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { run } from "../support/command-line.ts";
import { CUSTOMER, PROGRAM, startTestService, type TestService } from "../support/service.ts";

const DECISIONS = 120;

let service: TestService;
let log: readonly string[];
beforeAll(async () => {
  service = await startTestService();
  await service.putFeatures(CUSTOMER, ...Array.from({ length: 100 }, (_, i) => `user-${i}`));
  await service.putFeatures({ ...CUSTOMER, recency: 1, mens: null }, ...Array.from({ length: 50 }, (_, i) => `user-${2 * i}`));
  const requests = Array.from({ length: DECISIONS }, (_, i) => ({
    programId: PROGRAM,
    userId: `user-${i}`,
    requestId: `r${i}`,
    ...(i % 7 === 0 && { actions: ["womens_email"] }),
    ...(i % 5 === 0 && { context: { surface: "checkout", odd: -0, text: "\u2028\"" } }),
  }));
  expect((await service.call("POST", "/v1/decide/batch", { body: { requests } })).status).toBe(200);
  await service.shutDown();
  const [segment = ""] = await service.segments();
  log = (await readFile(segment, "utf8")).trimEnd().split("\n");
});
afterAll(() => service.stop());

/** A copy of the service's data with this log. */
async function replayOf(lines: readonly string[], ending = "\n") {
  const dataDir = join(service.dataDir, "..", "tampered");
  await mkdir(join(dataDir, "decisions"), { recursive: true });
  await mkdir(join(dataDir, "programs"), { recursive: true });
  const [segment = ""] = await service.segments();
  await writeFile(segment.replace(service.dataDir, dataDir), `${lines.join("\n")}${ending}`);
  for (const { digest } of [...new Map(log.map((line) => [line, JSON.parse(line).program])).values()].slice(0, 1)) {
    const name = `${PROGRAM}@1-${digest.slice(7, 19)}.yaml`;
    await copyFile(join(service.dataDir, "programs", name), join(dataDir, "programs", name));
  }
  const ended = await run(["replay"], { DATA_DIR: dataDir });
  await rm(dataDir, { recursive: true });
  return ended;
}

/** The log with one record changed. */
function tampered(change: (record: Mutable) => void, line = 2): readonly string[] {
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
    expect((await run(["replay", segment], environment)).stdout).toBe(`${DECISIONS} identical, 0 different, 0 torn tails\n`);
    expect((await run(["replay", join(segment, "..")], environment)).stdout).toContain(`${DECISIONS} identical`);
  });

  const someone = (record: Mutable) => record.candidates[1];
  it.each<[string, (record: Mutable) => void, string]>([
    ["propensity", (record) => (record.propensity *= 1 - 2 ** -53), "propensity"],
    ["action", (record) => (record.action = record.action === "no_offer" ? "mens_email" : "no_offer"), "action"],
    ["luck", (record) => (record.u = record.u < 0.5 ? 0.9999999 : 0), "action"],
    ["arm's share", (record) => (record.armShare = 0.5), "armShare"],
    ["probability of one action", (record) => Object.assign(someone(record) ?? {}, { p: 0.123 }), "candidates[1].p"],
    ["score of one action", (record) => Object.assign(someone(record) ?? {}, { value: 1e6 }), "candidates[1].net"],
    ["fate of one action", (record) => Object.assign(someone(record) ?? {}, { pruned: "unpriced" }), "candidates[1].pruned"],
    ["choice of actions", (record) => (record.requested = []), "candidates[1].excluded"],
  ])("names the line and the field when somebody changed a record's %s", async (_, change, field) => {
    const { code, stdout } = await replayOf(tampered(change));
    expect(code).toBe(1);
    expect(stdout).toContain(`${DECISIONS - 1} identical, 1 different`);
    const [first = ""] = stdout.split("\n");
    expect(first).toMatch(/decisions-.*\.ndjson:3: /);
    expect(first.slice(first.indexOf(":3: ") + 4).split(", ")).toContain(field);
  });

  it.each<[string, string, string]>([
    ["of another program version", "sha256:", "program"],
    ["without a field", "", "not a decision record: arm"],
  ])("names a record %s", async (_, digest, message) => {
    const { code, stdout } = await replayOf(
      tampered((record) => {
        if (digest === "") Reflect.deleteProperty(record, "arm");
        else record.program = { ...record.program, digest: `sha256:${"0".repeat(64)}` };
      }),
    );
    expect([code, stdout]).toEqual([1, expect.stringContaining(message)]);
  });

  it("a line that is no JSON in the middle is a difference, a torn tail is not", async () => {
    const broken = log.map((line, i) => (i === 5 ? line.slice(0, 100) : line));
    expect(await replayOf(broken)).toMatchObject({ code: 1, stdout: expect.stringContaining(":6: ") });
    const torn = await replayOf(log, '\n{"schema":"liftgate.dec');
    expect([torn.code, torn.stdout]).toEqual([0, `${DECISIONS} identical, 0 different, 1 torn tails\n`]);
  });

  it("a log that is not there ends with 1", async () => {
    const { code, stderr } = await run(["replay", "/nowhere"], { DATA_DIR: service.dataDir });
    expect([code, stderr]).toEqual([1, expect.stringContaining("ENOENT")]);
  });
});
