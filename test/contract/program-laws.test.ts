import { expect, test } from "vitest";
import { parse } from "yaml";
import { faultsOf } from "../../src/contract/faults.ts";
import { ProgramFile } from "../../src/contract/program-file.ts";
import { PROGRAM_YAML } from "../support/program-fixtures.ts";

function faultsWith(changes: Readonly<Record<string, unknown>>) {
  const { error } = ProgramFile.safeParse({ ...parse(PROGRAM_YAML), ...changes });
  return error === undefined ? [] : faultsOf(error);
}

const none = { id: "no_offer" };
const mail = { id: "mail", channel: "email", fixedCost: 0 };
const push = { id: "push", channel: "app", fixedCost: 0 };
const greedy = { strategy: "greedy" };

const tabled = (table: object) => ({ share: 0.1, salt: "e", table });

test.each([
  ["actions", "must contain { id: no_offer }", { actions: [mail, push] }],
  ["actions[2].id", "is there twice", { actions: [none, mail, none] }],
  ["actions[2].id", "is there twice", { actions: [none, mail, mail] }],
  ["actions[0].fixedCost", "nothing else", { actions: [{ ...none, fixedCost: 0 }, mail] }],
  ["actions[0].channel", "nothing else", { actions: [{ ...none, channel: "email" }, mail] }],
  ["actions[1].channel", "is required", { actions: [none, { id: "mail", fixedCost: 0 }] }],
  ["actions[1].fixedCost", "is required", { actions: [none, { id: "mail", channel: "email" }] }],
  ["shadows", "is required", { state: "shadow" }],
  ["shadows", "whose state is shadow", { shadows: "spring" }],
  ["shadows", "names this program", { state: "shadow", shadows: "spring-mail" }],
  [
    "budget.amount",
    "pays nothing",
    {
      state: "shadow",
      shadows: "spring",
      budget: { amount: 1, period: { every: "day", timezone: "UTC" }, reserve: "expected" },
    },
  ],
  ["models[0].when", "without `when`", { models: [{ when: "true", model: "a@1" }] }],
  ["models[0].when", "never reached", { models: [{ model: "a@1" }, { model: "b@1" }] }],
  [
    "objective.value[1].head",
    "twice",
    {
      objective: {
        maximize: "value",
        value: [1, 2].map((valuePerUnit) => ({ head: "visit", valuePerUnit })),
        cost: "c",
      },
    },
  ],
  ["evaluation.share", "at most 1", { holdout: { share: 0.5, salt: "h" }, evaluation: { share: 0.51, salt: "e" } }],
  [
    "evaluation.salt",
    "a salt of their own",
    { holdout: { share: 0.1, salt: "s" }, evaluation: { share: 0.1, salt: "s" } },
  ],
  ["exploration.salt", "a salt of their own", { holdout: { share: 0.1, salt: "draw" } }],
  [
    "exploration.salt",
    "a salt of their own",
    { evaluation: { share: 0.1, salt: "s" }, exploration: { ...greedy, salt: "s" } },
  ],
  ["evaluation.table", "has no weight for voucher", { evaluation: tabled({ no_offer: 0.5, mail: 0.5 }) }],
  ["evaluation.table.fax", "is not an action", { evaluation: tabled({ no_offer: 1, mail: 1, voucher: 1, fax: 1 }) }],
  ["evaluation.table.no_offer", "more than 0", { evaluation: tabled({ no_offer: 0, mail: 1, voucher: 1 }) }],
  ["exploration.floor", "at most 1 / 3", { exploration: { ...greedy, floor: 0.34 } }],
  ["stickiness.window", "at most offerTtl, 24h", { stickiness: { by: "user", window: "2d" } }],
  ["stickiness.window", "at most 92d", { stickiness: { by: "user", window: "93d" }, offerTtl: "100d" }],
  ["exploration.budgetShare", "there is no budget", { exploration: { ...greedy, budgetShare: 0.03 } }],
  ["actions[0].prior", "is required", { features: { maxAge: "1h", coldStart: "prior" }, actions: [mail, none] }],
  ["caps[0].action", "is not a paid action", { caps: [{ scope: "user", action: "fax", max: 1, per: "1d" }] }],
  ["caps[0].action", "is not a paid action", { caps: [{ scope: "user", action: "no_offer", max: 1, per: "1d" }] }],
  ["caps[0].channel", "is not the channel", { caps: [{ scope: "user", channel: "fax", max: 1, per: "1d" }] }],
  ["cooldowns[0].channel", "is not the channel", { cooldowns: [{ scope: "user", channel: "fax", for: "1d" }] }],
])("%s: %s", (path, words, changes) => {
  expect(faultsWith(changes)).toEqual([{ path, rule: expect.stringContaining(words) }]);
});

test.each([
  ["shares that fill up to 1", { holdout: { share: 0.3, salt: "h" }, evaluation: { share: 0.7, salt: "e" } }],
  ["a table without an action that costs too much", { evaluation: tabled({ no_offer: 0.5, mail: 0.5, voucher: 0 }) }],
  [
    "a shadow at the prices of a pool",
    { state: "shadow", shadows: "spring", budget: { pool: "spring", reserve: "expected" } },
  ],
  ["a program that only logs", { state: "log-only" }],
  [
    "floors that fill up to 1",
    {
      exploration: { ...greedy, floor: 0.25 },
      actions: [none, mail, push, { ...push, id: "sms" }],
    },
  ],
  [
    "a prior on every paid action",
    {
      features: { maxAge: "1h", coldStart: "prior" },
      actions: [none, { ...mail, prior: { value: 1, cost: 0 } }],
    },
  ],
])("legal: %s", (_, changes) => {
  expect(faultsWith(changes)).toEqual([]);
});
