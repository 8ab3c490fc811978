/** What `liftgate simulate` is called with. */
import { InvalidArgumentError } from "commander";
import { durationMs, DurationText } from "../../contract/identifiers.ts";
import { SCENARIO_NAMES, type ScenarioName } from "../../simulation/scenarios.ts";

/** The month of delayed redemptions has figures of its own. */
export const DELAYED = "delayed-redemption";
type Name = ScenarioName | typeof DELAYED;
const NAMES: readonly Name[] = [...SCENARIO_NAMES, DELAYED];
export const CHOICES = `${NAMES.join(", ")} or all`;

/** An action more than this is one no hull keeps apart; and a budget above all spending paces nothing. */
const ACTIONS_MAX = 64;
const ARRIVALS_MAX = 5_000_000;

export function scenarioNames(text: string): readonly Name[] {
  if (text === "all") return NAMES;
  return text.split(",").map((word) => {
    const name = NAMES.find((each) => each === word);
    if (name === undefined) throw new InvalidArgumentError(`must be ${CHOICES}, or several with commas between.`);
    return name;
  });
}

export function seedList(text: string): readonly number[] {
  if (!/^\d{1,9}(?:,\d{1,9})*$/.test(text))
    throw new InvalidArgumentError("must be whole numbers with commas between.");
  return text.split(",").map(Number);
}

export function arrivalCount(text: string): number {
  return wholeNumber(text, { least: 1_000, most: ARRIVALS_MAX });
}

export function actionCount(text: string): number {
  return wholeNumber(text, { least: 1, most: ACTIONS_MAX });
}

export function replicaCount(text: string): number {
  return wholeNumber(text, { least: 1, most: 64 });
}

export function epochCount(text: string): number {
  return wholeNumber(text, { least: 1, most: 1_000 });
}

/** In (0, 1]. */
export function budgetShare(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError("must be above 0 and at most 1.");
  return share;
}

/** A second to an hour, in ms. */
export function epochLength(text: string): number {
  const length = DurationText.safeParse(text).success ? durationMs(text) : NaN;
  if (!(length >= 1_000 && length <= 3_600_000)) throw new InvalidArgumentError("must be a time from 1s to 1h.");
  return length;
}

function wholeNumber(text: string, { least, most }: { readonly least: number; readonly most: number }): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most))
    throw new InvalidArgumentError(`must be a whole number, at least ${least} and at most ${most}.`);
  return number;
}
