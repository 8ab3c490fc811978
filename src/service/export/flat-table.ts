/** Decisions as a table for analysts: a row each, everything typed. */
import type { JoinedDecision } from "./joined-decision.ts";
import { column, type FixedColumn, type Format, valuesOf } from "./format.ts";
import { NamedValues } from "./named-values.ts";

const CANDIDATE =
  "STRUCT(action VARCHAR, value DOUBLE, valueStd DOUBLE, cost DOUBLE, net DOUBLE, excluded VARCHAR, pruned VARCHAR, inArm DOUBLE, p DOUBLE)[]";

const DECIDED: readonly FixedColumn[] = [
  column("decisionId", "UUID", ["the decision", ({ record }) => record.decisionId]),
  column("requestId", "VARCHAR", ["the request it answered", ({ record }) => record.requestId]),
  column("time", "TIMESTAMP", ["when it was made, UTC", ({ record }) => record.time]),
  column("program", "VARCHAR", ["id of the program", ({ record }) => record.program.id]),
  column("programVersion", "INTEGER", ["its version", ({ record }) => record.program.version]),
  column("programDigest", "VARCHAR", ["its digest", ({ record }) => record.program.digest]),
  column("user", "VARCHAR", ["who was decided for, as the log has it", ({ record }) => record.user]),
  column("unit", "VARCHAR", ["what was randomized", ({ record }) => record.unit]),
  column("surface", "VARCHAR", ["where the user was, as the caller said", ({ record }) => record.surface]),
  column("model", "VARCHAR", ["name@version of the model", ({ record }) => modelOf(record.model)]),
  column("basis", "VARCHAR", ["what the scores stand on", ({ record }) => record.basis]),
  column("withheld", "VARCHAR", ["why nothing paid could be offered at all", ({ record }) => record.withheld]),
  column("arm", "VARCHAR", ["the unit's arm", ({ record }) => record.arm]),
  column("armShare", "DOUBLE", ["share of units in that arm", ({ record }) => record.armShare]),
  column("u", "DOUBLE", ["the action draw, from 0 up to 1", ({ record }) => record.u]),
  column("action", "VARCHAR", ["the action that was drawn", ({ record }) => record.action]),
  column("propensity", "DOUBLE", ["its probability over all arms", ({ record }) => record.propensity]),
  column("realizedAction", "VARCHAR", ["what the user was told", ({ record }) => record.realizedAction]),
  column("override", "VARCHAR", ["why that is not what was drawn", ({ record }) => record.override]),
  column("lambda", "DOUBLE", ["shadow price of the budget", ({ record }) => record.pacing.lambda]),
  column("epoch", "BIGINT", ["second in which the prices began", ({ record }) => record.pacing.epoch]),
  column("reservedMicros", "BIGINT", ["money held for it, in millionths", ({ record }) => reservedIn(record)]),
  column("observedAt", "TIMESTAMP", ["when the features were observed, UTC", ({ record }) => observedAt(record)]),
  column("missing", "VARCHAR[]", ["features without a value", ({ record }) => record.features?.missing ?? []]),
  column("context", "MAP(VARCHAR, VARCHAR)", ["the caller's context, as texts", ({ record }) => texts(record.context)]),
  column("candidates", CANDIDATE, ["every action: as in the record", ({ record }) => record.candidates]),
  column("latencyMs", "DOUBLE", ["how long deciding took", ({ record }) => record.latencyMs]),
];

const HAPPENED: readonly FixedColumn[] = [
  column("value", "DOUBLE", ["money + heads, weighed as the program does", ({ observed }) => observed.value]),
  column("cost", "DOUBLE", ["redemptionCost + fixedCost", ({ observed }) => observed.cost]),
  column("reward", "DOUBLE", ["what `--reward` says", ({ reward }) => reward]),
  column("money", "DOUBLE", ["money of conversions, rewards, redemptions", ({ observed }) => observed.money]),
  column("redemptionCost", "DOUBLE", ["what redemptions cost", ({ observed }) => observed.redemptionCost]),
  column("fixedCost", "DOUBLE", ["owed for what was given", ({ observed }) => observed.fixedCost]),
  column("treatment", "VARCHAR", ["what the user really got; null: not known", ({ observed }) => observed.treatment]),
  column("contaminated", "BOOLEAN", [
    "told `no_offer`, but exposed to an offer",
    ({ observed }) => observed.contaminated,
  ]),
  column("exposures", "INTEGER", ["outcomes of the type that count", ({ observed }) => observed.counts.exposure]),
  column("redemptions", "INTEGER", ["outcomes of the type that count", ({ observed }) => observed.counts.redemption]),
  column("conversions", "INTEGER", ["outcomes of the type that count", ({ observed }) => observed.counts.conversion]),
  column("rewards", "INTEGER", ["outcomes of the type that count", ({ observed }) => observed.counts.reward]),
  column("voids", "INTEGER", ["outcomes of the type that count", ({ observed }) => observed.counts.void]),
  column("outside", "INTEGER", ["outcomes outside the window", ({ observed }) => observed.outside]),
];

/** What is always there; a column `feature_<name>` for each feature and `head_<id>` for each head follow. */
export const FLAT_COLUMNS: readonly FixedColumn[] = [...DECIDED, ...HAPPENED];

export function flatTable(): Format {
  const features = new NamedValues("features", "feature_");
  const heads = new NamedValues("heads", "head_");
  return {
    lineOf: (joined) => {
      features.see(joined.record.facts);
      heads.see(joined.observed.heads);
      const named = { features: joined.record.facts, heads: joined.observed.heads };
      return JSON.stringify({ ...valuesOf(FLAT_COLUMNS, joined), ...named });
    },
    tables: () => ({
      table: { path: "", columns: [...FLAT_COLUMNS, ...features.columns(), ...heads.columns()] },
      texts: [],
    }),
  };
}

type Recorded = JoinedDecision["record"];

function modelOf(model: Recorded["model"]): string | null {
  return model === null ? null : `${model.name}@${model.version}`;
}

function reservedIn({ reservation }: Recorded): number | null {
  return reservation === null ? null : reservation.amountMicros;
}

function observedAt({ features }: Recorded): string | null {
  return features === null ? null : features.observedAt;
}

function texts(values: Recorded["context"]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
