import { expect, test } from "vitest";
import { parse } from "yaml";
import { faultsOf } from "../../src/contract/faults.ts";
import { ProgramFile } from "../../src/contract/program-file.ts";
import { PROGRAM_YAML } from "../support/program-fixtures.ts";

function faultsWith(changes: Readonly<Record<string, unknown>>) {
  const { error } = ProgramFile.safeParse({ ...parse(PROGRAM_YAML), ...changes });
  return error === undefined ? [] : faultsOf(error);
}

const month = { every: "month", timezone: "UTC" };
const own = { amount: 100, period: month, reserve: "expected" };
const shared = { pool: "autumn-mail", reserve: "expected" };
/** Both paid actions of the fixture with a face value. */
const bounded = {
  actions: [
    { id: "no_offer" },
    { id: "mail", channel: "email", fixedCost: 0.01, maxCost: 2 },
    { id: "voucher", channel: "app", fixedCost: 0, maxCost: 5 },
  ],
};

test.each([
  ["budget.amount", "is required, or the pool", { budget: { period: month, reserve: "expected" } }],
  ["budget.period", "is required, or the pool", { budget: { amount: 1, reserve: "expected" } }],
  ["budget.pool", "names this program", { budget: { ...shared, pool: "spring-mail" } }],
  ["budget.amount", "declared by autumn-mail", { budget: { ...shared, amount: 1 } }],
  ["budget.period", "declared by autumn-mail", { budget: { ...shared, period: month } }],
  ["budget.volumes", "declared by autumn-mail", { budget: { ...shared, volumes: [{ action: "mail", max: 1 }] } }],
  ["budget.period", "`every` and `timezone`, or", { budget: { ...own, period: { every: "day" } } }],
  ["budget.period", "`every` and `timezone`, or", { budget: { ...own, period: {} } }],
  [
    "budget.period",
    "`every` and `timezone`, or",
    { budget: { ...own, period: { ...month, from: "2026-12-01T00:00:00Z" } } },
  ],
  [
    "budget.period.until",
    "must be after",
    { budget: { ...own, period: { from: "2026-12-01T00:00:00+01:00", until: "2026-11-30T23:00:00Z" } } },
  ],
  ["budget.epoch", "from 1s to 1h", { budget: { ...own, epoch: "2h" } }],
  ["budget.volumes[0]", "either an `action` or a `channel`", { budget: { ...own, volumes: [{ max: 1 }] } }],
  [
    "budget.volumes[0]",
    "either an `action` or a `channel`",
    { budget: { ...own, volumes: [{ action: "mail", channel: "email", max: 1 }] } },
  ],
  ["budget.volumes[0].action", "is not a paid", { budget: { ...own, volumes: [{ action: "no_offer", max: 1 }] } }],
  ["budget.volumes[0].channel", "is not a paid", { budget: { ...own, volumes: [{ channel: "fax", max: 1 }] } }],
  [
    "budget.volumes[1]",
    "is there twice",
    {
      budget: {
        ...own,
        volumes: [
          { action: "mail", max: 1 },
          { action: "mail", max: 2 },
        ],
      },
    },
  ],
  ["actions[2].maxCost", "budget.reserve is max", { budget: { ...own, reserve: "max" } }],
  ["actions[2].maxCost", "coldStart is explore", { budget: own, features: { maxAge: "1h", coldStart: "explore" } }],
])("%s: %s", (path, words, changes) => {
  expect(faultsWith(changes)).toEqual([{ path, rule: expect.stringContaining(words) }]);
});

test.each([
  ["a budget of its own", { budget: own }],
  ["a share in another's pool", { budget: shared }],
  ["nothing to spend", { budget: { ...own, amount: 0 } }],
  ["face values where they are held", { ...bounded, budget: { ...own, reserve: "max" } }],
  [
    "limits on an action and on its channel",
    {
      budget: {
        ...own,
        volumes: [
          { action: "mail", max: 0 },
          { channel: "email", max: 10 },
        ],
      },
    },
  ],
])("%s: allowed", (_, changes) => {
  expect(faultsWith(changes)).toEqual([]);
});
