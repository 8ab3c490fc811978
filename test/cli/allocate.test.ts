/** `liftgate allocate` as users run it: files in, files out, a summary, exit codes. */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { AllocationSummary } from "../../src/contract/allocate.ts";
import { uniformFromHash } from "../../src/core/numerics/murmur3.ts";
import { run } from "../support/command-line.ts";
import { MAIL_COST, MAIL_VALUE, TINY_PROGRAM, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const Report = z.strictObject({
  users: z.int(),
  outside: z.strictObject({ holdout: z.int(), evaluation: z.int() }).optional(),
  ...AllocationSummary.shape,
});

/** ann's call is worth most for its cost, then bob's mail, then ann's mail. */
const CANDIDATES = `userId,action,value,cost
ann,mail,1,1
bob,mail,2,1
ann,call,6,2.25
cy,mail,-1,0
`;

let folder: string;
let temp: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "liftgate-allocate-test-"));
  temp = join(folder, "temp");
  await mkdir(temp);
  await writeFile(join(folder, "candidates.csv"), CANDIDATES);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command with files of the folder, and its scratch space in a folder that must be empty again. */
async function allocate(...args: readonly string[]) {
  const ending = await run(["allocate", ...args.map((arg) => arg.replace(/^@/, `${folder}/`))], {
    TMPDIR: temp,
    MODELS_DIR: join(folder, "models"),
    PROGRAMS_DIR: join(folder, "programs"),
  });
  expect(await readdir(temp)).toEqual([]);
  return ending;
}

async function rowsIn(name: string): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const result = await connection.runAndReadAll(`SELECT * FROM '${join(folder, name)}' ORDER BY userId`);
  connection.closeSync();
  return result.getRowObjects();
}

async function reportIn(name: string): Promise<z.infer<typeof Report>> {
  return Report.parse(JSON.parse(await readFile(join(folder, name), "utf8")));
}

describe("allocate --candidates", () => {
  it.each(["out.csv", "out.ndjson", "out.parquet"])("writes who is offered what to %s", async (out) => {
    const args = ["--candidates", "@candidates.csv", "--budget", "3.3", "--out", `@${out}`, "--report", "@report.json"];
    const { code, stdout, stderr } = await allocate(...args);
    expect([code, stderr]).toEqual([0, ""]);
    expect(await rowsIn(out)).toEqual([
      { userId: "ann", action: "call", value: 6, cost: 2.25 },
      { userId: "bob", action: "mail", value: 2, cost: 1 },
    ]);
    expect(stdout).toContain("2 of 3 users are offered something.");
    expect(stdout).toMatch(/^budget +3\.25 +3\.30 +0\.05 +0\.0000$/m);
    expect(await reportIn("report.json")).toMatchObject({ users: 3, value: 8, spend: 3.25, slack: { budget: 0.05 } });
  });

  it("holds caps of actions and of channels, and says what they cost", async () => {
    const limits = ["--budget", "9", "--cap", "call=0", "--cap", "mail=5", "--channel-cap", "letter=1"];
    const { code, stdout } = await allocate(
      ...["--candidates", "@candidates.csv", "--channel", "letter=mail", "--report", "@report.json"].concat(limits),
    );
    expect(code).toBe(0);
    const { value, slack, mu } = await reportIn("report.json");
    expect(value).toBe(2);
    expect(slack).toEqual({ budget: 8, actions: { call: 0, mail: 4 }, channels: { letter: 0 } });
    expect(mu.channels["letter"]).toBeGreaterThan(0);
    expect(stdout).toMatch(/^channel letter +1 +1 +0 /m);
  });

  it("maximizes profit where that is asked for", async () => {
    await allocate(
      "--candidates",
      "@candidates.csv",
      "--budget",
      "9",
      "--objective",
      "profit",
      "--report",
      "@report.json",
    );
    // 6 − 2.25 for ann, 2 − 1 for bob.
    expect(await reportIn("report.json")).toMatchObject({ value: 4.75, offers: 2 });
  });

  it("ends with 1 and says where a file is wrong, and writes nothing", async () => {
    await writeFile(join(folder, "wrong.csv"), `${CANDIDATES}dee,mail,1,much\n`);
    const { code, stderr } = await allocate("--candidates", "@wrong.csv", "--budget", "9", "--out", "@nothing.csv");
    expect([code, stderr]).toEqual([1, expect.stringContaining("row 5: cost must be a number")]);
    expect(await readdir(folder)).not.toContain("nothing.csv");
  });

  it("ends with 1 for a cap on what is no candidate, by its place", async () => {
    const { code, stderr } = await allocate("--candidates", "@candidates.csv", "--budget", "9", "--cap", "fax=3");
    expect([code, stderr]).toEqual([1, expect.stringContaining("caps.actions.fax: is the action of no candidate")]);
  });

  it("ends with 1 where the answer cannot be written", async () => {
    const { code, stderr } = await allocate("--candidates", "@candidates.csv", "--budget", "9", "--out", "@no/out.csv");
    expect([code, stderr]).toEqual([1, expect.stringContaining("no/out.csv")]);
  });
});

describe("allocate --program --users", () => {
  const HEAD = "userId,recency,spent,channel,newbie\n";
  const users = Array.from({ length: 300 }, (_, i) => `u${i}`);
  let models: Awaited<ReturnType<typeof tinyModels>>;
  afterAll(() => models.remove());

  beforeAll(async () => {
    models = await tinyModels();
    await mkdir(join(folder, "programs"));
    await writeFile(
      join(folder, "programs", `${TINY_PROGRAM}.yaml`),
      `${TINY_YAML}holdout: { share: 0.2, salt: h }\nevaluation: { share: 0.2, salt: e }\n`,
    );
    await symlink(models.path, join(folder, "models"));
    await writeFile(join(folder, "users.csv"), HEAD + users.map((id) => `${id},3,20.5,phone,false`).join("\n"));
  });

  it("scores users by the model on the way, to the figures worked out by hand, and leaves other arms out", async () => {
    const args = ["--program", TINY_PROGRAM, "--users", "@users.csv", "--budget", "1000", "--channel-cap", "email=50"];
    const { code, stderr } = await allocate(...args, "--out", "@mails.ndjson", "--report", "@report.json");
    expect([code, stderr]).toEqual([0, ""]);
    const report = await reportIn("report.json");
    expect(report).toMatchObject({ users: 300, offers: 50, slack: { channels: { email: 0 } } });
    expect(report.value).toBeCloseTo(50 * MAIL_VALUE, 9);
    expect(report.spend).toBeCloseTo(50 * MAIL_COST, 9);
    const luck = (salt: string, user: string) => uniformFromHash(`${salt}|${TINY_PROGRAM}|${user}`);
    const held = users.filter((user) => luck("h", user) < 0.2);
    const drawn = users.filter((user) => luck("h", user) >= 0.2 && luck("e", user) < 0.2 / 0.8);
    expect(report.outside).toEqual({ holdout: held.length, evaluation: drawn.length });
    const offered = (await rowsIn("mails.ndjson")).map(({ userId }) => String(userId));
    expect(offered.filter((user) => held.includes(user) || drawn.includes(user))).toEqual([]);
  });

  it.each<[string, string, string]>([
    [
      "a feature that the model does not have",
      `${HEAD.trim()},shoe\nu1,3,20.5,phone,false,43\n`,
      "user u1, shoe: is not a feature",
    ],
    ["a value out of range", `${HEAD}u1,99,20.5,phone,false\n`, "user u1, recency: must be at most"],
    ["a user twice", `${HEAD}u1,3,1,phone,false\nu1,3,1,phone,true\n`, "has the user u1 twice"],
    ["no user", `${HEAD},3,1,phone,false\n`, "has a row without a valid userId"],
    ["no column of users", "id,recency\nu1,3\n", "has no column userId"],
  ])("ends with 1 for %s", async (_, text, message) => {
    await writeFile(join(folder, "wrong-users.csv"), text);
    const args = ["--program", TINY_PROGRAM, "--users", "@wrong-users.csv", "--budget", "1"];
    const { code, stderr } = await allocate(...args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  });

  it("ends with 1 for a program that is not there", async () => {
    const { code, stderr } = await allocate("--program", "nowhere", "--users", "@users.csv", "--budget", "1");
    expect([code, stderr]).toEqual([1, expect.stringContaining("no program nowhere in ")]);
  });
});

describe("allocate, called wrongly, ends with 2", () => {
  it.each<[string, readonly string[], string]>([
    ["without a budget", ["--candidates", "@candidates.csv"], "required option '--budget <amount>'"],
    [
      "with a budget that is none",
      ["--candidates", "@candidates.csv", "--budget", "-3"],
      "must be an amount from 0 on",
    ],
    ["without candidates", ["--budget", "3"], "give either --candidates or --program"],
    [
      "with users but no program",
      ["--candidates", "@candidates.csv", "--users", "u", "--budget", "3"],
      "--program and --users go together",
    ],
    [
      "with a cap that is none",
      ["--candidates", "@candidates.csv", "--budget", "3", "--cap", "mail"],
      "such as mail=100",
    ],
    [
      "with a cap twice",
      ["--candidates", "@candidates.csv", "--budget", "3", "--cap", "a=1", "--cap", "a=2"],
      "a has a cap already",
    ],
    [
      "with a channel that is none",
      ["--candidates", "@candidates.csv", "--budget", "3", "--channel", "x"],
      "such as email=mail",
    ],
    [
      "with a program's own objective",
      ["--program", "p", "--users", "u", "--budget", "3", "--objective", "profit"],
      "a program has its own",
    ],
  ])("%s", async (_, args, message) => {
    const { code, stderr } = await allocate(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
