import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
import { CandidateScratch } from "../../../src/adapters/duckdb/candidate-scratch.ts";
import { readCandidates } from "../../../src/adapters/duckdb/read-candidates.ts";
import { Workspace } from "../../../src/adapters/duckdb/workspace.ts";
import { LiftgateError } from "../../../src/core/errors.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";

interface Row {
  readonly userId: unknown;
  readonly action: unknown;
  readonly value: unknown;
  readonly cost: unknown;
}

const ROWS: readonly Row[] = [
  { userId: "ann", action: "mail", value: 2.5, cost: 1 },
  { userId: "bob", action: "mail", value: 0.000001, cost: -0.25 },
  { userId: "ann", action: "call", value: -1, cost: 0.1 },
  { userId: "cy@x.org", action: "call", value: 3, cost: 1e9 },
];
/** As whole micros, actions by number in the order of their names. */
const EXPECTED = {
  ann: [
    [0, -1_000_000, 100_000],
    [1, 2_500_000, 1_000_000],
  ],
  bob: [[1, 1, -250_000]],
  "cy@x.org": [[0, 3_000_000, 1e15]],
};

const CSV = ["userId,action,value,cost", ...ROWS.map((row) => Object.values(row).join(","))].join("\n");

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text);
  return path;
}

async function parquetOf(csv: string): Promise<string> {
  const path = join(await temporaryFolder(), "rows.parquet");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`COPY (FROM read_csv('${csv}')) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  return path;
}

/** The users, with their options, in the order of the blocks. */
async function read(path: string) {
  const parent = await temporaryFolder();
  const progress: number[] = [];
  const users: [string, number[][]][] = [];
  try {
    using workspace = await Workspace.open(parent);
    const scratch = new CandidateScratch(workspace.folder);
    const onProgress = ({ rowsDone, rowsTotal }: { rowsDone: number; rowsTotal: number }) => {
      progress.push(rowsDone / rowsTotal);
    };
    const actions = await readCandidates(workspace.connection, path, { scratch, onProgress });
    for (const { userIds, block } of scratch.withIds()) {
      for (const [u, id] of userIds.entries()) {
        const options: number[][] = [];
        for (let o = block.offsets[u] ?? NaN; o < (block.offsets[u + 1] ?? NaN); o++) {
          options.push([block.action[o] ?? NaN, block.valueMicros[o] ?? NaN, block.costMicros[o] ?? NaN]);
        }
        users.push([id, options]);
      }
    }
    scratch.close();
    return { actions, users, progress };
  } finally {
    // Whatever happened, nothing is left behind.
    expect(await readdir(parent)).toEqual([]);
  }
}

async function refusal(path: string): Promise<string> {
  const error: unknown = await read(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LiftgateError);
  return (error as LiftgateError).message.replace(path, "file");
}

describe("a file of candidates", () => {
  it.each<[string, () => Promise<string>]>([
    ["NDJSON", () => fileOf("rows.ndjson", ROWS.map((row) => JSON.stringify(row)).join("\n"))],
    ["CSV", () => fileOf("rows.csv", CSV)],
    ["Parquet", async () => parquetOf(await fileOf("rows.csv", CSV))],
  ])("is read from %s, exact to the micro, users together wherever their rows are", async (_, file) => {
    const { actions, users, progress } = await read(await file());
    expect(actions).toEqual(["call", "mail"]);
    expect(Object.fromEntries(users)).toEqual(EXPECTED);
    expect(progress.at(-1)).toBe(1);
  });

  it("gives users in one order, whatever the order of rows", async () => {
    const many = Array.from({ length: 500 }, (_, i) => `u${i},mail,1,1`);
    const head = "userId,action,value,cost\n";
    const one = await read(await fileOf("a.csv", head + many.join("\n")));
    const other = await read(await fileOf("b.csv", head + many.toReversed().join("\n")));
    expect(one.users).toEqual(other.users);
    // Not that of their names: a sample of the first ones is a sample of all.
    expect(one.users.map(([id]) => id)).not.toEqual(one.users.map(([id]) => id).toSorted());
  });

  it("fills more than one block", async () => {
    const many = Array.from({ length: 40_000 }, (_, i) => `u${i},mail,${i},1\nu${i},call,2,1`);
    const { users } = await read(await fileOf("many.csv", `userId,action,value,cost\n${many.join("\n")}`));
    expect(users).toHaveLength(40_000);
    for (const [id, options] of users)
      expect(options).toEqual([
        [0, 2e6, 1e6],
        [1, Number(id.slice(1)) * 1e6, 1e6],
      ]);
  });

  it("without rows has no users", async () => {
    expect(await read(await fileOf("none.csv", "userId,action,value,cost\n"))).toMatchObject({
      actions: [],
      users: [],
    });
  });

  it("may hold ids that are numbers", async () => {
    const parquet = await parquetOf(await fileOf("rows.csv", "userId,action,value,cost\n7,mail,1,1\n8,mail,1,1"));
    expect((await read(parquet)).users.map(([id]) => id).toSorted()).toEqual(["7", "8"]);
  });
});

describe("a file of candidates is refused, with the row, for", () => {
  const USER = "userId must be 1 to 128 characters of A-Z a-z 0-9 _ . : @ / + = -";
  const ACTION = "action must be 1 to 64 characters of a-z 0-9 _ -, and not no_offer: that is always a candidate";
  it.each<[string, string, string]>([
    ["a value that is no number", "c,mail,much,1", "value must be a number from -1000000000 to 1000000000"],
    ["a cost that is not there", "c,mail,1,", "cost must be a number from -1000000000 to 1000000000"],
    ["a cost that is not finite", "c,mail,1,nan", "cost must be a number from -1000000000 to 1000000000"],
    ["an infinite value", "c,mail,inf,1", "value must be a number from -1000000000 to 1000000000"],
    ["a value beyond what is exact", "c,mail,1000000001,1", "value must be a number from -1000000000 to 1000000000"],
    ["an id with a space", "c d,mail,1,1", USER],
    ["no id", ",mail,1,1", USER],
    ["an action in capitals", "c,Mail,1,1", ACTION],
    ["no_offer, which every user has", "c,no_offer,0,0", ACTION],
    ["a user and action again", "a,mail,7,7", "has the user and action of row 1 again"],
  ])("%s", async (_, row, rule) => {
    const rows = ["userId,action,value,cost", "a,mail,1,1", "b,mail,1,1", row, "d,mail,1,1"];
    expect(await refusal(await fileOf("rows.csv", rows.join("\n")))).toBe(`file, row 3: ${rule}`);
  });

  it.each<[string, string, string, RegExp]>([
    [
      "columns it does not have",
      "rows.csv",
      "userId,action,gain\na,mail,1",
      /^file: has no column value, cost; it has userId, action, gain$/,
    ],
    ["a format it does not know", "rows.xlsx", "", /^file: its name must end in .ndjson, .jsonl, .csv, .parquet$/],
    ["what is no JSON", "rows.ndjson", "{", /^file: cannot be read: /],
    ["what is no Parquet", "rows.parquet", "PAR1", /^file: cannot be read: /],
  ])("%s", async (_, name, text, message) => {
    expect(await refusal(await fileOf(name, text))).toMatch(message);
  });

  it("not being there", async () => {
    expect(await refusal("/nowhere/rows.csv")).toMatch(/^file: cannot be read: /);
  });
});
