/**
 * Decisions in the layout of the Open Bandit Dataset, which `obp` (st-tech/zr-obp 0.5.7) reads: the table
 * `bts/all/all.csv`, the actions in `bts/all/item_context.csv`, and `meta.json`.
 *
 *   OpenBanditDataset(behavior_policy="bts", campaign="all", data_path=<out>).obtain_batch_bandit_feedback()
 *
 * `obp` knows these names of policies and campaigns alone; they say nothing of ours. `click` is the reward, any
 * number. Items are the actions in the order they first occur in; there is one position.
 */
import type { Format } from "./format.ts";
import { column, type FixedColumn, valuesOf } from "./format.ts";
import { NamedValues } from "./named-values.ts";

const FOLDER = "bts/all";

/** What is always there; a column `user_feature_<name>` for each feature follows. */
export function obpColumns(itemOf: (action: string) => number): readonly FixedColumn[] {
  return [
    column("index", "BIGINT", ["the decision's place in the log", () => null]),
    column("timestamp", "TIMESTAMP", ["when it was made, UTC", ({ record }) => record.time]),
    column("item_id", "INTEGER", ["the action that was drawn", ({ record }) => itemOf(record.action)]),
    column("position", "INTEGER", ["1: there is one", () => 1]),
    column("click", "DOUBLE", ["the reward, as `--reward` says", ({ reward }) => reward]),
    column("propensity_score", "DOUBLE", ["the action's probability over all arms", ({ record }) => record.propensity]),
  ];
}

export function obpFolder(): Format {
  const items: string[] = [];
  const itemOf = (action: string): number => {
    const known = items.indexOf(action);
    return known === -1 ? items.push(action) - 1 : known;
  };
  const fixed = obpColumns(itemOf);
  const features = new NamedValues("features", "user_feature_");
  let rounds = 0;
  return {
    lineOf: (joined) => {
      // Every action gets its number, also one that is never drawn.
      for (const { action } of joined.record.candidates) itemOf(action);
      features.see(joined.record.facts);
      return JSON.stringify({ ...valuesOf(fixed, joined), index: rounds++, features: joined.record.facts });
    },
    tables: () => ({
      table: { path: `${FOLDER}/all.csv`, columns: [...fixed, ...features.columns()] },
      texts: [
        { path: `${FOLDER}/item_context.csv`, text: itemContext(items) },
        { path: "meta.json", text: `${JSON.stringify(metaOf(items, rounds), null, 2)}\n` },
      ],
    }),
  };
}

/** `obp` wants a number (`item_feature_0`) and a category of every item: its own place and id will do. */
function itemContext(items: readonly string[]): string {
  const rows = items.map((action, item) => `${item},${item},${item},${action}\n`);
  return `index,item_id,item_feature_0,item_feature_1\n${rows.join("")}`;
}

function metaOf(items: readonly string[], rounds: number) {
  return {
    n_rounds: rounds,
    n_actions: items.length,
    len_list: 1,
    actions: items,
    reward: "click",
    pscore: "propensity_score",
    context: "user_feature_*",
    action_context: `${FOLDER}/item_context.csv`,
  };
}
