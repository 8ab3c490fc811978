/**
 * A decision as a line of VowpalWabbit's decision service JSON, for `vw --dsjson --cb_explore_adf`.
 *
 * Format: VowpalWabbit/vowpal_wabbit, wiki page DSJSON and vowpalwabbit/json_parser/parse_example_json.h (9.11).
 * An event's actions are those that could be drawn (p > 0), in the program's order; ids count from 1 in it, so what
 * an id means is in `_multi`. `a` and `p` have the drawn action first. VW reads numbers as float32, takes a value
 * of 0 for an absent feature, and ignores what begins with `_`; our names that do get a `.` before it.
 */
import type { RecordedCandidate } from "../../core/domain/record.ts";
import { invariant } from "../../core/errors.ts";
import type { Format } from "./format.ts";
import type { JoinedDecision } from "./joined-decision.ts";

export const DSJSON: Format = {
  lineOf: (joined) => JSON.stringify(dsjsonOf(joined)),
  tables: () => null,
};

function dsjsonOf({ record, reward }: JoinedDecision) {
  const drawable = record.candidates.filter(({ p }) => p > 0);
  const index = drawable.findIndex(({ action }) => action === record.action);
  invariant(index >= 0, "a drawn action has a probability above 0");
  const order = [index, ...[...drawable.keys()].filter((i) => i !== index)];
  const { model, decisionId, propensity } = record;
  const cost = -reward;
  return {
    _label_cost: cost,
    _label_probability: propensity,
    _label_Action: index + 1,
    _labelIndex: index,
    o: [{ EventId: decisionId, v: reward }],
    Timestamp: record.time,
    Version: "1",
    EventId: decisionId,
    a: order.map((i) => i + 1),
    c: {
      features: visible(record.facts),
      context: visible(record.context),
      _multi: drawable.map(({ action }) => ({ action: { id: action } })),
    },
    p: order.map((i) => (drawable[i] as RecordedCandidate).p),
    VWState: { m: model === null ? "N/A" : `${model.name}@${model.version}` },
    _original_label_cost: cost,
    pdrop: 0,
  };
}

/** With names that VW does not take for its own. */
function visible(values: Readonly<Record<string, number | string | boolean>>) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.startsWith("_") ? `.${name}` : name, value]),
  );
}
