/** The command line as users run it: a process, its output, its exit code. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "liftgate-main-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("usage", () => {
  test("help lists every command, and README the same ones", async () => {
    const { code, out } = await liftgate(["--help"]);
    const commands = [...out.matchAll(/^ {2}([a-z]+) [^\n]*$/gm)].map(([, name]) => name).filter((name) => name !== "help");
    const readme = await readFile(`${ROOT}/README.md`, "utf8");
    const table = readme.slice(readme.indexOf("| command | what |"));
    const documented = [...table.slice(0, table.indexOf("\n\n")).matchAll(/^\| `([a-z]+)/gm)].map(([, name]) => name);
    expect(code).toBe(0);
    expect(new Set(documented)).toEqual(new Set(commands));
  });

  test("an unknown command or option ends with 2 and says so", async () => {
    const [command, option] = await Promise.all([liftgate(["decide"]), liftgate(["validate", "--all"])]);
    expect(command).toMatchObject({ code: 2, out: "" });
    expect(option).toMatchObject({ code: 2, out: "", err: expect.stringContaining("unknown option '--all'") });
  });

  test("a wrong environment ends with 2 and names every fault, without its value", async () => {
    const { code, err } = await liftgate(["serve"], { PORT: "eighty", LOG_LEVEL: "loud", HOST: "0.0.0.0" });
    expect(code).toBe(2);
    expect(err).toMatch(/^The environment is not valid:\n {2}PORT: .*\n {2}LOG_LEVEL: .*\n$/);
    expect(err).not.toMatch(/eighty|loud/);
  });
});

describe("validate", () => {
  test("finds nothing against the shipped model and program", async () => {
    const { code, out } = await liftgate(["validate"]);
    expect({ code, out }).toEqual({ code: 0, out: "ok      model hillstrom-email/1\nok      program hillstrom-email\n" });
  });

  test("ends with 1 and names place and rule of what is refused", async () => {
    const programs = join(folder, "programs");
    await mkdir(programs);
    const good = await readFile(`${ROOT}/programs/hillstrom-email.yaml`, "utf8");
    await writeFile(join(programs, "hillstrom-email.yaml"), `${good.replace("head: visit", "head: visits")}\nbudget: { amount: 1 }\n`);
    const { code, out } = await liftgate(["validate", "--programs", programs]);
    expect(code).toBe(1);
    expect(out).toMatch(/^refused program hillstrom-email\n {10}budget: this version does not support budgets and pacing: take the field out$/m);
  });
});

describe("demo and replay", () => {
  const decisions = 40;
  let demo: Ran;
  let recorded: string;
  let logs: string;

  beforeAll(async () => {
    demo = await liftgate(["demo", "--once", "--customers", "60", "--decisions", String(decisions)]);
    const original = join(folder, "data/demo/decisions");
    const [name = ""] = await readdir(original);
    recorded = join(original, name);
  });

  beforeEach(async () => {
    logs = await mkdtemp(join(folder, "logs-"));
    await copyFile(recorded, join(logs, "decisions-20261121T200000000Z-0badcafe.ndjson"));
  });

  test("the demo decides, tells why and ends with 0 once all is replayed", () => {
    expect(demo.code).toBe(0);
    expect(demo.out).toContain(`${decisions} decisions for real customers. Who got what:`);
    expect(demo.out).toContain(`Replay: ${decisions} of ${decisions} logged decisions decided again from their records, bit for bit.`);
  });

  test("every record of a log is decided again", async () => {
    expect(await replay()).toMatchObject({ code: 0, out: `${decisions} identical, 0 different, 0 torn tails\n` });
  });

  test("a record whose draw was changed ends with 1 and is named", async () => {
    await changeLine(3, (record) => ({ ...record, u: Number(record["u"]) / 2 + 0.5, action: "no_offer" }));
    const { code, out } = await replay();
    expect(code).toBe(1);
    expect(out).toMatch(/0badcafe\.ndjson:3: /);
    expect(out).toContain(`${decisions - 1} identical, 1 different, 0 torn tails`);
  });

  test("a record whose propensity was changed in the last bit is named", async () => {
    await changeLine(1, (record) => ({ ...record, propensity: Number(record["propensity"]) * (1 - Number.EPSILON) }));
    const { code, out } = await replay();
    expect(code).toBe(1);
    expect(out).toMatch(/0badcafe\.ndjson:1: .*propensity/);
  });

  test("a torn tail is counted and is not a difference", async () => {
    await appendFile(await segment(), '{"schema":"liftgate.decision.v1","decisi');
    expect(await replay()).toMatchObject({ code: 0, out: `${decisions} identical, 0 different, 1 torn tails\n` });
  });

  test("a decision under a program that is not in the archive cannot be replayed", async () => {
    const { code, out } = await liftgate(["replay", logs], { DATA_DIR: join(folder, "elsewhere") });
    expect(code).toBe(1);
    expect(out).toContain(`0 identical, ${decisions} different, 0 torn tails`);
  });

  function replay(): Promise<Ran> {
    return liftgate(["replay", logs], { DATA_DIR: join(folder, "data/demo") });
  }

  async function segment(): Promise<string> {
    const [name = ""] = await readdir(logs);
    return join(logs, name);
  }

  /** Lines count from 1. */
  async function changeLine(line: number, change: (record: Record<string, unknown>) => object): Promise<void> {
    const path = await segment();
    const lines = (await readFile(path, "utf8")).split("\n");
    const record: unknown = JSON.parse(lines[line - 1] ?? "");
    lines[line - 1] = JSON.stringify(change(record as Record<string, unknown>));
    await writeFile(path, lines.join("\n"));
  }
});

/** Runs it where nothing of the project lies, with the shipped model and program and no other environment. */
async function liftgate(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { PORT: "0", MODELS_DIR: `${ROOT}/models`, PROGRAMS_DIR: `${ROOT}/programs`, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: code as number | null, out, err };
}
