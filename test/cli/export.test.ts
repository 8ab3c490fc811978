/**
 * Exports of a log of real customers, as the command writes them. What VowpalWabbit, obp and the training package
 * make of these very files is tested where they are: training/tests/test_export.py.
 */
import { existsSync } from "node:fs";
import { appendFile, cp, mkdtemp, readdir, readFile, rm, watch, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type JoinTerms, joinOutcomes } from "../../src/core/evaluation/join.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { FLAT_COLUMNS } from "../../src/service/export/flat-table.ts";
import { CommandLine, run } from "../support/command-line.ts";
import { DECISIONS, type ExportLog, writeExportLog } from "../support/export-log.ts";

const GOLDEN = fileURLToPath(new URL("../../training/tests/golden/export", import.meta.url));
const TERMS: JoinTerms = { windowMs: 30 * 86_400_000, exposures: "reported", instantMs: Date.parse };
/** The shipped program's: 3.00 a visit, a cent an e-mail. */
const WORTH = {
  objective: { costWeight: 1 as const, value: [{ head: "visit", weight: 3 }], cost: "incentive" },
  actions: ["no_offer", "mens_email", "womens_email"].map((id) => ({
    id,
    channel: null,
    volumes: [],
    fixedCost: id === "no_offer" ? 0 : 0.01,
    maxCost: 2,
    prior: null,
  })),
};

let folder: string;
let log: ExportLog;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "liftgate-export-"));
  log = await writeExportLog(join(folder, "data"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const out = (name: string) => join(folder, name);
const exportTo = (to: string, name: string, ...more: readonly string[]) =>
  run(["export", "--to", to, "--out", out(name), ...more], { DATA_DIR: join(folder, "data") });

/** The decisions that are evidence, and what happened. */
function expected() {
  return log.decisions
    .filter(({ status }) => status === "normal")
    .map((record) => {
      const outcomes = log.outcomes.filter(({ decisionId }) => decisionId === record.decisionId);
      const observed = joinOutcomes(record, outcomes, { worth: WORTH, terms: TERMS });
      return { record, observed, reward: Math.round((observed.value - observed.cost) * 1e6) / 1e6 };
    });
}

/** The inverse-propensity estimate of a policy, by its definition: Σ w·r / n, w = π(a)/p(a). */
function ips(policy: (record: DecisionRecord) => number): number {
  const rows = expected();
  return rows.reduce((sum, { record, reward }) => sum + (policy(record) / record.propensity) * reward, 0) / rows.length;
}

const POLICIES = {
  no_offer: (record: DecisionRecord) => Number(record.action === "no_offer"),
  mens_email: (record: DecisionRecord) => Number(record.action === "mens_email"),
  womens_email: (record: DecisionRecord) => Number(record.action === "womens_email"),
  /** Evenly over the actions that could be drawn. */
  uniform: ({ candidates }: DecisionRecord) => 1 / candidates.filter(({ p }) => p > 0).length,
  /** Evenly over all actions. */
  even: () => 1 / 3,
};

async function query(sql: string) {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const rows = await connection.runAndReadAll(sql);
  return rows.getRowObjectsJson();
}

describe("export", () => {
  it("tells what it exported, what it left out and why, and which outcomes count", async () => {
    const { code, stdout, stderr } = await exportTo("dsjson", "told.json");
    const counts = Object.fromEntries(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => /^ *(.*?) {2,}([\d,]+)$/.exec(line)?.slice(1) ?? [line]),
    );
    const rows = expected();
    const counted = (type: "exposure" | "reward") =>
      String(rows.reduce((sum, { observed }) => sum + observed.counts[type], 0));
    expect([code, stderr]).toEqual([0, ""]);
    expect(counts).toMatchObject({
      "decisions exported": String(rows.length),
      "left out: status degraded_features": String(DECISIONS - rows.length),
      "outcomes read": String(log.outcomes.length + 20),
      "counted: exposure": counted("exposure"),
      "counted: reward": counted("reward"),
      "outside the window": String(rows.reduce((sum, { observed }) => sum + observed.outside, 0)),
      "control units with an exposure to an offer": String(rows.filter(({ observed }) => observed.contaminated).length),
    });
  });

  it("as dsjson is a line a decision: drawn action first, cost of it, probabilities of all that could be drawn", async () => {
    await exportTo("dsjson", "decisions.json");
    const text = await readFile(out("decisions.json"), "utf8");
    const lines = text.trimEnd().split("\n");
    const rows = expected();
    expect(lines).toHaveLength(rows.length);
    lines.forEach((line, i) => {
      const event = eventIn(line);
      const { record, reward } = rows[i] ?? { record: undefined, reward: NaN };
      const probabilities = event.ids.map((id, k) => [event.actions[id - 1]?.action.id, event.probabilities[k]]);
      expect([event.id, event.time]).toEqual([record?.decisionId, record?.time]);
      expect(event.cost).toBeCloseTo(-reward, 12);
      expect([event.probability, event.probabilities[0]]).toEqual([record?.propensity, record?.propensity]);
      expect([event.action, event.ids[0]]).toEqual([event.index + 1, event.index + 1]);
      expect(event.actions[event.index]).toEqual({ action: { id: record?.action } });
      expect(Object.fromEntries(probabilities)).toEqual(
        Object.fromEntries(record?.candidates.filter(({ p }) => p > 0).map(({ action, p }) => [action, p]) ?? []),
      );
    });
    await expect(text).toMatchFileSnapshot(join(GOLDEN, "decisions.json"));
  });

  it("as obp is the Open Bandit Dataset's table, its items, and what they mean", async () => {
    expect((await exportTo("obp", "obp")).code).toBe(0);
    const read = (path: string) => readFile(join(out("obp"), path), "utf8");
    const table = await query(
      `SELECT item_id, click, propensity_score, position FROM read_csv('${join(out("obp"), "bts/all/all.csv")}')`,
    );
    const items = ["no_offer", "mens_email", "womens_email"];
    expect(table).toEqual(
      expected().map(({ record, reward }) => ({
        item_id: String(items.indexOf(record.action)),
        click: reward,
        propensity_score: record.propensity,
        position: "1",
      })),
    );
    expect(JSON.parse(await read("meta.json"))).toMatchObject({ n_actions: 3, actions: items });
    for (const path of ["bts/all/all.csv", "bts/all/item_context.csv", "meta.json"]) {
      await expect(await read(path)).toMatchFileSnapshot(join(GOLDEN, "obp", path));
    }
  });

  it("for training is features by name, what was drawn, labels and weights, of every arm", async () => {
    await exportTo("training", "training.csv", "--arms", "all");
    const text = await readFile(out("training.csv"), "utf8");
    const rows = await query(`FROM read_csv('${out("training.csv")}')`);
    expect(rows).toHaveLength(expected().length);
    expected().forEach(({ record, observed }, i) => {
      expect(rows[i]).toMatchObject({
        unit: record.unit,
        action: record.action,
        propensity: record.propensity,
        weight: 1 / record.propensity,
        treatment: observed.treatment,
        redemptionCost: observed.redemptionCost,
        outcome_visit: observed.heads["visit"] ?? 0,
        feature_recency: record.facts["recency"],
        feature_channel: record.facts["channel"],
        feature_newbie: record.facts["newbie"] ?? null,
      });
    });
    await expect(text).toMatchFileSnapshot(join(GOLDEN, "training.csv"));
  });

  it("for training keeps the evaluation arm alone, with its own probabilities, unless told otherwise", async () => {
    await exportTo("training", "evaluation.ndjson");
    const lines = (await readFile(out("evaluation.ndjson"), "utf8")).trimEnd().split("\n");
    const arm = expected().filter(({ record }) => record.arm === "evaluation");
    const requested = arm.map(({ record }) => (record.requested === null ? 1 / 3 : 1 / 2));
    expect(lines.map((line) => JSON.parse(line).propensity)).toEqual(requested);
    expect(new Set(requested)).toEqual(new Set([1 / 3, 1 / 2]));
  });

  it("as Parquet is a typed row a decision, its candidates a list", async () => {
    await exportTo("parquet", "flat.parquet");
    const table = `read_parquet('${out("flat.parquet")}')`;
    const described = await query(`DESCRIBE SELECT * FROM ${table}`);
    const columns = described.map((row) => [row["column_name"], row["column_type"]]);
    expect(columns.slice(0, FLAT_COLUMNS.length)).toEqual(
      FLAT_COLUMNS.map(({ name, type }) => [name, expect.stringMatching(sameType(type))]),
    );
    expect(columns.slice(FLAT_COLUMNS.length).map(([name]) => name)).toEqual([
      ...["channel", "history", "history_segment", "mens", "newbie", "recency", "womens", "zip_code"].map(
        (name) => `feature_${name}`,
      ),
      "head_spend",
      "head_visit",
    ]);
    const rows = await query(
      `SELECT decisionId::VARCHAR AS id, epoch_ms(time) AS ms, candidates, context['surface'] AS surface, value, cost, reward, head_spend FROM ${table}`,
    );
    expect(rows).toEqual(
      expected().map(({ record, observed, reward }) => ({
        id: record.decisionId,
        ms: String(Date.parse(record.time)),
        candidates: record.candidates,
        surface: record.surface,
        value: observed.value,
        cost: observed.cost,
        reward,
        head_spend: observed.heads["spend"] ?? null,
      })),
    );
  });

  it("selects by program, time and window, and rewards as asked", async () => {
    const [first, , third] = expected();
    const some = ["--from", first?.record.time ?? "", "--until", third?.record.time ?? ""];
    const { stdout } = await exportTo("dsjson", "some.json", ...some, "--reward", "value", "--window", "1h");
    expect(stdout).toMatch(/decisions exported +2\n/);
    expect(stdout).toMatch(/left out: outside --from and --until +\d+/);
    const costs = (await readFile(out("some.json"), "utf8")).trimEnd().split("\n");
    expect(costs.map((line) => eventIn(line).cost)).toEqual([0, 0]);
    expect((await exportTo("dsjson", "none.json", "--program", "other")).stdout).toMatch(
      new RegExp(`exported +0\\n.*another program +${DECISIONS}\\n`),
    );
  });
});

describe("an inverse-propensity estimate on what is exported", () => {
  it("by obp itself is ours to 1e-9", async () => {
    const golden: Record<string, number> = JSON.parse(await readFile(join(GOLDEN, "obp-ips.json"), "utf8"));
    expect(Object.keys(golden)).toEqual(["no_offer", "mens_email", "womens_email", "even"]);
    for (const [name, value] of Object.entries(golden)) {
      expect(Math.abs(value - ips(POLICIES[name as keyof typeof POLICIES])), name).toBeLessThan(1e-9);
    }
  });

  it("is what VowpalWabbit is held against", async () => {
    const ours = Object.fromEntries(Object.entries(POLICIES).map(([name, policy]) => [name, ips(policy)]));
    await expect(`${JSON.stringify(ours, null, 2)}\n`).toMatchFileSnapshot(join(GOLDEN, "ips.json"));
  });
});

describe("an export that is not right", () => {
  it("of damaged logs tells where, exports the rest, and ends with 1", async () => {
    const data = out("damaged");
    await cp(join(folder, "data"), data, { recursive: true });
    const [decisions = ""] = await readdir(join(data, "decisions"));
    const [outcomes = ""] = await readdir(join(data, "outcomes"));
    const path = join(data, "decisions", decisions);
    const [first = "", second = "", ...lines] = (await readFile(path, "utf8")).split("\n");
    const foreign = second.replace(/"digest":"sha256:[0-9a-f]{12}/, `"digest":"sha256:${"0".repeat(12)}`);
    await writeFile(path, [first.slice(0, 99), foreign, "{}", ...lines.slice(1)].join("\n"));
    await appendFile(path, '{"schema":"liftgate.dec');
    await appendFile(join(data, "outcomes", outcomes), '{"outcomeId":"o"}\n');
    const { code, stdout } = await run(["export", "--to", "dsjson", "--out", out("rest.json")], { DATA_DIR: data });
    expect(code).toBe(1);
    expect(stdout).toContain(`${decisions}:1: a record is one JSON object`);
    expect(stdout).toContain(`${decisions}:2: program`);
    expect(stdout).toContain(`${decisions}:3: not a decision record: schema`);
    expect(stdout).toContain(`not an outcome record: schema`);
    expect(stdout).toMatch(/torn tails +1\n/);
    const exported = (await readFile(out("rest.json"), "utf8")).trimEnd().split("\n");
    expect(exported).toHaveLength(expected().length - 3);
  });

  it.each<[string, readonly string[], string]>([
    ["a target that is not there", ["--to", "csv", "--out", "x"], "Allowed choices are dsjson, parquet, obp, training"],
    ["no target", ["--out", "x"], "--to"],
    ["a name that is not Parquet's", ["--to", "parquet", "--out", "x.csv"], "must end in .parquet"],
    ["a name of no format", ["--to", "training", "--out", "x.txt"], "must end in .csv"],
    ["a folder that is there", ["--to", "obp", "--out", "."], "must not exist"],
    ["arms of what has none", ["--to", "obp", "--out", "x", "--arms", "all"], "--arms is for --to training"],
    ["a window that is none", ["--to", "dsjson", "--out", "x", "--window", "30"], "must be a duration"],
    ["a time that is none", ["--to", "dsjson", "--out", "x", "--from", "yesterday"], "must be an instant"],
    [
      "times in the wrong order",
      ["--to", "dsjson", "--out", "x", "--from", "2026-11-02T00:00:00Z", "--until", "2026-11-01T00:00:00Z"],
      "--from must be before --until",
    ],
  ])("%s is wrong usage", async (_, args, message) => {
    const { code, stderr } = await run(["export", ...args], { DATA_DIR: join(folder, "data") });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("of a log or to a place that is not there ends with 1, and makes nothing", async () => {
    const nowhere = await exportTo("dsjson", "nowhere.json", "--decisions", "/nowhere");
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("ENOENT")]);
    expect((await exportTo("dsjson", "no/where.json")).code).toBe(1);
    expect(existsSync(out("nowhere.json"))).toBe(false);
  });

  it("of several programs asks for one, where a table of several makes no sense", async () => {
    const data = out("several");
    await cp(join(folder, "data"), data, { recursive: true });
    const [decisions = ""] = await readdir(join(data, "decisions"));
    const path = join(data, "decisions", decisions);
    const [first = "", ...lines] = (await readFile(path, "utf8")).split("\n");
    await writeFile(path, [first.replace('"id":"hillstrom-email"', '"id":"other"'), ...lines].join("\n"));
    const { code, stderr } = await run(["export", "--to", "obp", "--out", out("two")], { DATA_DIR: data });
    expect([code, stderr]).toEqual([1, expect.stringContaining("give one of them with --program")]);
    expect((await readdir(folder)).filter((name) => name.startsWith("two"))).toEqual([]);
  });

  it("that is interrupted leaves nothing", async () => {
    const data = out("endless");
    await cp(join(folder, "data"), data, { recursive: true });
    const [decisions = ""] = await readdir(join(data, "decisions"));
    const path = join(data, "decisions", decisions);
    const many = Array.from({ length: 200 }, () => path);
    const temporary = out("temporary");
    await cp(join(data, "programs"), temporary, { recursive: true });
    const command = new CommandLine(["export", "--to", "dsjson", "--out", out("half.json"), "--decisions", ...many], {
      DATA_DIR: data,
      TMPDIR: temporary,
    });
    const over = new AbortController();
    const ending = command.ended().finally(() => over.abort());
    for await (const { filename } of watch(folder, { signal: over.signal })) {
      if (filename === "half.json.unfinished") break;
    }
    command.signal("SIGINT");
    expect((await ending).code).toBe(130);
    expect((await readdir(folder)).filter((name) => name.startsWith("half"))).toEqual([]);
    expect((await readdir(temporary)).filter((name) => name.startsWith("liftgate"))).toEqual([]);
  });
});

/** What a line of dsjson says, under names of ours. */
function eventIn(line: string) {
  const event = Event.parse(JSON.parse(line));
  return {
    id: event.EventId,
    time: event.Timestamp,
    cost: event["_label_cost"],
    probability: event["_label_probability"],
    action: event["_label_Action"],
    index: event["_labelIndex"],
    ids: event.a,
    probabilities: event.p,
    actions: event.c["_multi"],
  };
}

const Event = z.object({
  EventId: z.string(),
  Timestamp: z.string(),
  _label_cost: z.number(),
  _label_probability: z.number(),
  _label_Action: z.int(),
  _labelIndex: z.int(),
  a: z.array(z.int()),
  p: z.array(z.number()),
  c: z.object({ _multi: z.array(z.object({ action: z.object({ id: z.string() }) })) }),
});

/** A type as Parquet gives it back. */
function sameType(type: string): RegExp {
  return type.startsWith("STRUCT")
    ? /^STRUCT\(.*\)\[\]$/
    : new RegExp(`^${type.replaceAll(/[()[\]]/g, String.raw`\$&`)}$`);
}
