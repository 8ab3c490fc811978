import type { Exclusion, Pruning } from "./decision.ts";

/** What each closed-set reason says to a reader. */
export const REASONS: Readonly<Record<Exclusion | Pruning, string>> = {
  ineligible: "the program's eligibility rule is not satisfied, or cannot be judged on what is known",
  not_requested: "the caller did not ask for this action",
  paused: "the program is paused: its kill switch is on",
  cold_start: "nothing usable is known about the user, and the program offers nothing then",
  unavailable: "the feature store, the model or the model's features could not be reached",
  cap_reached: "the user, or their cluster, had as many such offers as the cap's window allows",
  cooldown: "the user, or their cluster, had such an offer less than the cooldown ago",
  action_limit: "the action's volume for this period is used up",
  channel_limit: "the channel's volume for this period is used up",
  budget_exhausted: "the budget, as far as this replica may spend it, does not cover what would be held for it",
  unpriced: "the model gave no finite value or cost for it",
  no_value: "its predicted incremental value is not above zero",
  not_credible: "the lower bound of its predicted value is not above zero",
  too_expensive: "its expected cost is above the action's maxCost",
  inefficient: "its cost per value is above maxCostPerValue",
  below_marginal_efficiency: "its value per cost is below minEfficiency",
};
