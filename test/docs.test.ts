/** What is written for users, held against the code: tables, names, paths, figures by hand. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ENTRY_POINTS } from "../src/cli/entry-points.ts";
import { type Composition, compose } from "../src/compose/service.ts";
import { ProgramFile } from "../src/contract/program-file.ts";
import { decide } from "../src/core/decision/decide.ts";
import { ERRORS } from "../src/core/errors.ts";
import { buildServer } from "../src/http/server.ts";
import { configurationTable, readConfig, ROLES } from "../src/ops/config.ts";
import { createMetrics } from "../src/ops/metrics.ts";
import { FLAT_COLUMNS } from "../src/service/export/flat-table.ts";
import { obpColumns } from "../src/service/export/obp-folder.ts";
import { trainingColumns } from "../src/service/export/training-table.ts";
import { run } from "./support/command-line.ts";
import { programWith, scoresOf, situationWith } from "./support/programs.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const readme = read("README.md");
const everyMetric = await createMetrics().registry.getMetricsAsJSON();

describe("README", () => {
  test("lists every configuration variable with its default and meaning", () => {
    const expected = configurationTable().map(({ name, fallback, meaning }) => [
      code(name),
      fallback === "" ? "–" : code(fallback),
      meaning,
    ]);
    expect(tableUnder("variable")).toEqual(expected);
  });

  test("lists every metric with its kind and meaning", () => {
    const own = everyMetric.filter(({ name }) => name.startsWith("liftgate_"));
    expect(tableUnder("metric")).toEqual(own.map(({ name, type, help }) => [code(name), type, help]));
  });

  test("lists every error code with its status and title", () => {
    expect(tableUnder("code")).toEqual(
      Object.entries(ERRORS).map(([name, { status, title }]) => [code(name), String(status), title]),
    );
  });

  test("lists every command that help lists", async () => {
    const { stdout } = await run(["--help"]);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) [^\n]*$/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== "help");
    const documented = tableUnder("command").map(([command = ""]) => /^`([a-z]+)/.exec(command)?.[1]);
    expect(new Set(documented)).toEqual(new Set(commands));
  });

  test("lists every command that a restricted account of Redis needs, and no other", () => {
    const sources = filesIn("src/adapters/redis").filter((path) => !path.endsWith("/stream-sink.ts"));
    const calls = sources.flatMap((path) => [...read(path).matchAll(/\bredis\.(?:p?call\('([A-Z]+)'|([a-z]+)\()/g)]);
    const commands = new Set(calls.map(([, inScript, inCode]) => inScript?.toLowerCase() ?? inCode));
    for (const noCommand of ["call", "on", "connect", "disconnect"]) commands.delete(noCommand);
    const [, listed = ""] = /A restricted account needs([^*]+)on `liftgate:/.exec(readme) ?? [];
    const names = [...listed.matchAll(/`([a-z]+)`/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(commands);
  });

  test("names only files that exist", () => {
    expect(pathsIn(readme).filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([]);
    expect(pathsIn(readme).length).toBeGreaterThan(25);
  });

  test("names only npm scripts that exist", () => {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read("package.json")));
    const named = [...readme.matchAll(/npm (?:run (?:-s )?([a-z-]+)|(test|start)\b)/g)].map(
      ([, script, short]) => script ?? short ?? "",
    );
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(named).toEqual(expect.arrayContaining(["demo", "test", "liftgate"]));
  });

  test("describes every field of a program file and no other", () => {
    const described = tableUnder("field").flatMap(([field = ""]) =>
      field.split(", ").map((name) => name.replaceAll("`", "")),
    );
    expect(described.toSorted()).toEqual(Object.keys(programShape()).toSorted());
  });

  test.each([
    ["column of the table", FLAT_COLUMNS],
    ["column of all.csv", obpColumns(() => 0)],
    ["column for training", trainingColumns("all")],
  ])("lists every %s of an export with its type and meaning", (header, columns) => {
    const expected = columns.map(({ name, type, meaning }) => [
      code(name),
      type.replace(/^STRUCT.*/, "STRUCT[]"),
      meaning,
    ]);
    expect(tableUnder(header)).toEqual(expected);
  });

  test("has a propensity by hand that is the code's", () => {
    const [mens, womens] = [[0.41, 0.11, 0.12] as const, [-0.02, 0.09, 0.11] as const];
    const program = programWith({
      holdout: { share: 0.02, salt: "holdout" },
      evaluation: { share: 0.02, salt: "evaluation", table: null },
      exploration: { strategy: "epsilon", epsilon: 0.06, floor: 0, salt: "draw" },
    });
    const { marginal } = decide(situationWith(program, { scores: scoresOf([mens, womens]) }));
    const byHand = tableUnder("action").map(([action = "", , , , sum = ""]) => [
      action.replaceAll("`", ""),
      /\*\*([\d.]+)\*\*/.exec(sum)?.[1],
    ]);
    expect(program.actions.map(({ id }, i) => [id, marginal[i]?.toFixed(10)])).toEqual(byHand);
  });

  test("speaks of nothing but this project's own machine-independent paths", () => {
    expect(/\/(?:home|root|work|Users)\/\w+/.exec(readme)?.[0]).toBeUndefined();
  });
});

describe("the table of calls", () => {
  let folder: string;
  let composition: Composition;
  let app: FastifyInstance;
  const rows = tableUnder("call").map(([call = "", role = ""]) => {
    const [method = "", url = ""] = call.replaceAll("`", "").split(" ");
    return { method, url, role };
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "liftgate-docs-"));
    const logger = pino({ level: "silent" });
    const config = readConfig({ DATA_DIR: folder, MODELS_DIR: folder, PROGRAMS_DIR: folder });
    composition = await compose(config, logger, ENTRY_POINTS);
    const apiKeys = ROLES.map((role) => ({ id: role, secretSha256: SECRET_SHA256, roles: [role] }));
    app = await buildServer(composition.backend, { surface: "all", logger, apiKeys });
  });

  afterAll(async () => {
    await app.close();
    await composition.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("has every call of the service and no other", () => {
    const documented = Object.entries(app.swagger().paths ?? {}).flatMap(([url, calls]) =>
      Object.keys(calls ?? {}).map((method) => `${method.toUpperCase()} ${url}`),
    );
    expect(rows.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual(documented.toSorted());
  });

  test.each(rows)("$method $url may be called with the role $role alone", async ({ method, url, role }) => {
    const statuses = await Promise.all(
      ROLES.map(async (caller) => {
        const path = url
          .replace("/evaluations/{id}", "/evaluations/019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11")
          .replace("{id}", "p")
          .replace("{userId}", "u")
          .replace("{decisionId}", "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11");
        const { statusCode } = await app.inject({
          method: z.enum(["DELETE", "GET", "POST", "PUT"]).parse(method),
          url: path,
          headers: { authorization: `Bearer ${caller}.s` },
        });
        return [caller, statusCode === 403];
      }),
    );
    expect(statuses).toEqual(ROLES.map((caller) => [caller, role !== "–" && caller !== role]));
  });
});

/** SHA-256 of `s`. */
const SECRET_SHA256 = "043a718774c572bd8a25adbeb1bfcd5c0256ae11cecf9f9c3f925d0e52beaf89";

describe("ops", () => {
  const exported = new Set(everyMetric.flatMap(({ name }) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]));
  const Rules = z.object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({ alert: z.string(), expr: z.string(), annotations: z.record(z.string(), z.string()) }),
        ),
      }),
    ),
  });
  const alerts = Rules.parse(parse(read("ops/prometheus/rules.yml"))).groups.flatMap(({ rules }) => rules);
  const runbook = read("ops/runbook.md");

  test.each(filesIn("ops").concat("README.md", "CHANGELOG.md"))("%s names only metrics that exist", (path) => {
    const named = [...read(path).matchAll(/\b(?:liftgate|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name);
    expect([...new Set(named)].filter((name) => !exported.has(name))).toEqual([]);
  });

  test("the alerts and the dashboard ask for something", () => {
    const Dashboard = z.object({
      panels: z.array(z.object({ type: z.string(), targets: z.array(z.object({ expr: z.string() })).optional() })),
    });
    const { panels } = Dashboard.parse(JSON.parse(read("ops/grafana/liftgate.json")));
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(panels.filter(({ type, targets }) => type !== "row" && targets === undefined)).toEqual([]);
    expect(
      [...expressions, ...alerts.map(({ expr }) => expr)].filter((expr) => !/[a-z]+_[a-z_]+|\bup\b/.test(expr)),
    ).toEqual([]);
  });

  test("the dashboard's panels have ids of their own, and none covers another", () => {
    const Grid = z.object({ h: z.int(), w: z.int(), x: z.int(), y: z.int() });
    const Dashboard = z.object({ panels: z.array(z.object({ id: z.int(), title: z.string(), gridPos: Grid })) });
    const { panels } = Dashboard.parse(JSON.parse(read("ops/grafana/liftgate.json")));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const covered = panels.flatMap(({ title, gridPos: one }, i) =>
      panels
        .slice(i + 1)
        .filter(({ gridPos: other }) => {
          const apart = one.x + one.w <= other.x || other.x + other.w <= one.x;
          return !apart && one.y < other.y + other.h && other.y < one.y + one.h;
        })
        .map((other) => `${title} and ${other.title}`),
    );
    expect(covered).toEqual([]);
  });

  test("every metric of the service is on the dashboard", () => {
    const dashboard = read("ops/grafana/liftgate.json");
    const own = everyMetric.map(({ name }) => name).filter((name) => name.startsWith("liftgate_"));
    const elsewhere = ["liftgate_program_loaded_timestamp_seconds"];
    expect(own.filter((name) => !dashboard.includes(name))).toEqual(elsewhere);
  });

  test("every alert has its section in the runbook, and every section its alert", () => {
    const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name ?? "");
    expect(sections).toEqual(alerts.map(({ alert }) => alert));
    expect(alerts.map(({ annotations }) => annotations["runbook"])).toEqual(
      alerts.map(({ alert }) => `ops/runbook.md#${alert.toLowerCase()}`),
    );
  });

  test("the runbook names only files that exist", () => {
    expect(pathsIn(runbook).filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([]);
  });
});

test("the changelog has the version of the package", () => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(read("package.json")));
  expect(read("CHANGELOG.md")).toContain(`## [${version}]`);
});

/** Rows of the table whose first heading this is, as cells. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const lines = readme.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (start < 0) throw new Error(`README has no table headed ${heading}`);
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((text) => text.trim().replaceAll(String.raw`\|`, "|")),
  );
}

/** Paths of the project in a text: links, names in code spans, and the drawn tree. */
function pathsIn(text: string): readonly string[] {
  const folders = readdirSync(ROOT).filter(
    (name) => !name.startsWith(".") && name !== "node_modules" && name !== "data",
  );
  const start = folders.map((name) => name.replaceAll(".", String.raw`\.`)).join("|");
  const named = new RegExp(
    `(?<![\\w./<>-])(?:(?:${start})/[\\w./@-]*|\\.ci/run|[A-Z]\\w+\\.md|LICENSE|Dockerfile)`,
    "g",
  );
  return [...text.matchAll(named)].map(([path]) => path.replace(/[.,]$/, "")).filter((path) => !path.endsWith("/2"));
}

function programShape(): Readonly<Record<string, unknown>> {
  return ProgramFile.shape;
}

function filesIn(folder: string): string[] {
  return readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(ROOT.length).replace(/^\//, "")}/${entry.name}`);
}

function code(text: string): string {
  return `\`${text}\``;
}

function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, "utf8");
}
