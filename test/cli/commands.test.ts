/** Commands end with 0 when all is well, 1 when something checked is wrong, 2 when they were called wrongly. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../support/command-line.ts";
import { TINY } from "../support/model-folders.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";
import { TINY_PROGRAM, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

describe("usage", () => {
  it.each([
    ["an unknown command", ["decide-now"], "Usage: liftgate"],
    ["an unknown option", ["validate", "--fast"], "unknown option '--fast'"],
    ["a number that is none", ["demo", "--customers", "many"], "must be a whole number from 1 to 99999."],
  ])("%s ends with 2 and says what is wrong", async (_, args, message) => {
    const { code, stderr } = await run(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("a bad environment ends with 2 and names every variable, without its value", async () => {
    const { code, stderr } = await run(["serve"], { PORT: "port", LOG_LEVEL: "loud", REDIS_URL: "http://secret@x" });
    expect(code).toBe(2);
    for (const name of ["PORT", "LOG_LEVEL", "REDIS_URL"]) expect(stderr).toContain(name);
    expect(stderr).not.toContain("secret");
  });

  it("an address that is not loopback needs keys", async () => {
    const { code, stderr } = await run(["serve"], { HOST: "0.0.0.0" });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("API_KEYS: is required when HOST is not a loopback address"),
    ]);
  });

  it.each(["", "replay"])("help on %s explains and ends with 0", async (command) => {
    const { code, stdout } = await run([command, "--help"].filter((word) => word !== ""));
    expect([code, stdout]).toEqual([0, expect.stringContaining("Usage: liftgate")]);
  });

  it.each([
    ["evaluate", "30d"],
    ["export", "30d"],
    ["promote", "7d"],
  ])("help on %s shows durations as they are written: %s", async (command, preset) => {
    const { stdout } = await run([command, "--help"]);
    expect(stdout).toContain(`(default: ${preset})`);
    expect(stdout).not.toMatch(/default: \d{5,}/);
  });
});

describe("validate", () => {
  it("finds the shipped models and programs in order", async () => {
    const { code, stdout } = await run(["validate"]);
    expect([code, stdout.split("\n")]).toEqual([
      0,
      ["ok      model hillstrom-email/1", "ok      program hillstrom-email", ""],
    ]);
  });

  it("tells every fault with its path and ends with 1", async () => {
    const models = await tinyModels();
    const programs = await temporaryFolder();
    await writeFile(
      join(programs, `${TINY_PROGRAM}.yaml`),
      TINY_YAML.replace("id: call", "id: fax").replace("tiny@1", "tiny@2"),
    );
    const one = await run(["validate", "--models", models.path, "--programs", programs]);
    expect(one.code).toBe(1);
    expect(one.stdout).toContain("ok      model tiny/1");
    expect(one.stdout).toContain(`refused program ${TINY_PROGRAM}\n`);
    expect(one.stdout).toContain("models[0].model: model not loaded: tiny@2");

    await models.write(TINY, "model.onnx", "");
    const two = await run(["validate", "--models", models.path, "--programs", programs]);
    expect([two.code, two.stdout]).toEqual([
      1,
      expect.stringContaining("refused model tiny/1\n          model.onnx: is empty"),
    ]);
    await models.remove();
  });

  it("folders that are not there end with 1", async () => {
    const { code, stdout } = await run(["validate", "--models", "/nowhere/models", "--programs", "/nowhere/programs"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("cannot be read")]);
  });
});

describe("openapi", () => {
  it("writes the published documents", async () => {
    const folder = join(await temporaryFolder(), "new");
    expect(await run(["openapi", "--out", folder])).toMatchObject({ code: 0, stderr: "" });
    expect((await readdir(folder)).toSorted()).toEqual([
      "decision-record.schema.json",
      "evaluation-report.schema.json",
      "model-golden.schema.json",
      "model-manifest.schema.json",
      "openapi.json",
      "outcome-record.schema.json",
      "program.schema.json",
    ]);
    expect(JSON.parse(await readFile(join(folder, "openapi.json"), "utf8"))).toMatchObject({ openapi: "3.1.0" });
  });
});

describe("simulate", () => {
  const small = ["--arrivals", "1000", "--epoch", "10m"];

  it("prints a row for each scenario, writes a report that needs nothing else, and repeats itself", async () => {
    const report = join(await temporaryFolder(), "report.html");
    const args = ["simulate", "--scenario", "stationary,bursty", "--seeds", "1,2", ...small];
    const { code, stdout } = await run([...args, "--out", report]);
    expect(code).toBe(0);
    // Scenario, three policies with mean and worst, the share used, and nothing overspent.
    expect(stdout).toMatch(/^ {2}stationary(?: {2}0\.\d{4}){7} +0\n {2}bursty {4}(?: {2}0\.\d{4}){7} +0$/m);
    const html = await readFile(report, "utf8");
    expect(html.match(/<svg /g)).toHaveLength(2);
    expect(html).not.toMatch(/<script|src=|href=|NaN|undefined/);
    expect((await run(args)).stdout).toBe(stdout);
  });

  it("has a row for each way to reserve a month of delayed redemptions", async () => {
    const { code, stdout } = await run(["simulate", "--scenario", "delayed-redemption", "--seeds", "1", ...small]);
    const rows = [...stdout.matchAll(/^ {2}(\d\.\d) +(naive|calibrated|max) (?: +\d\.\d{4}){4}$/gm)];
    expect([code, rows.map(([, ratio, reserve]) => `${ratio} ${reserve}`)]).toEqual([
      0,
      ["0.7", "1.0", "1.3"].flatMap((ratio) => ["naive", "calibrated", "max"].map((reserve) => `${ratio} ${reserve}`)),
    ]);
  });

  it.each([
    ["a scenario that is none", ["--scenario", "sunny"], "must be stationary, diurnal,"],
    ["seeds that are none", ["--seeds", "1,x"], "must be whole numbers with commas between."],
    ["a budget above everything", ["--budget-share", "1.5"], "must be above 0 and at most 1."],
    ["an epoch without a unit", ["--epoch", "5"], "must be a time from 1s to 1h."],
    ["too few arrivals", ["--arrivals", "10"], "must be a whole number, at least 1000 and at most 5000000."],
  ])("%s ends with 2 and says what is wrong", async (_, args, message) => {
    const { code, stderr } = await run(["simulate", ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("demo", () => {
  it("decides for real customers, replays its decisions, and empties only its own folder", async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, "decisions"));
    await writeFile(join(dataDir, "decisions", "precious"), "of another service");
    const args = ["demo", "--once", "--customers", "60", "--decisions", "40"];
    const { code, stdout } = await run(args, { DATA_DIR: dataDir, PORT: "0", ADMIN_PORT: "0" });
    expect(code).toBe(0);
    expect(stdout).toContain("Replay: 40 of 40 logged decisions decided again from their records, bit for bit.");
    expect(await readFile(join(dataDir, "decisions", "precious"), "utf8")).toBe("of another service");
    expect((await readdir(dataDir)).toSorted()).toEqual(["decisions", "demo"]);
    await rm(dataDir, { recursive: true });
  });
});
