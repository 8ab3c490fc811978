/**
 * Whether to ship, in words.
 *
 *   ship          all gates pass, the candidate is worth more at equal spend beyond chance, the model's calibration
 *                 holds, and no slice is harmed
 *   do_not_ship   all gates pass, and it is worth less beyond chance, or a slice is harmed
 *   cannot_tell   else
 */
import type { Evaluation, SliceResult, Verdict } from "./evaluation.ts";

export interface VerdictParts extends Pick<Evaluation, "gates" | "difference" | "slices"> {
  readonly calibrationHolds: boolean;
}

export function verdictOn(parts: VerdictParts): Evaluation["verdict"] {
  const failed = parts.gates.filter(({ passed }) => !passed);
  if (failed.length > 0) return { decision: "cannot_tell", reasons: failed.map(({ says }) => says) };
  const { difference } = parts;
  if ("refused" in difference) return { decision: "cannot_tell", reasons: [difference.refused] };
  const harmed = parts.slices.filter((slice) => slice.harmed);
  const found = { harmed, calibrationHolds: parts.calibrationHolds };
  const worth = WORTHS.find(({ holds }) => holds(difference.value)) ?? EITHER;
  return { decision: decisionOn(worth.sign, found), reasons: reasonsOf(worth.says, difference, found) };
}

interface Found {
  readonly harmed: readonly SliceResult[];
  readonly calibrationHolds: boolean;
}

function decisionOn(sign: number, { harmed, calibrationHolds }: Found): Verdict {
  if (sign < 0 || harmed.length > 0) return "do_not_ship";
  return sign > 0 && calibrationHolds ? "ship" : "cannot_tell";
}

function reasonsOf(
  says: string,
  { at, value }: Exclude<Evaluation["difference"], { readonly refused: string }>,
  { harmed, calibrationHolds }: Found,
): readonly string[] {
  const interval = `${short(value.estimate)} a decision (${short(value.low)} to ${short(value.high)})`;
  const spend = at === "equal_spend" ? "at equal spend" : "at another spend, as asked";
  return [
    `${says} ${spend}: ${interval}.`,
    ...harmed.map(({ name, label }) => `It is worth less to ${name} = ${label}, beyond the tolerance and chance.`),
    ...(calibrationHolds
      ? []
      : ["Where the model predicts more, less is observed, beyond chance: see the calibration."]),
  ];
}

const WORTHS = [
  { sign: 1, holds: ({ low }: { low: number }) => low > 0, says: "The candidate is worth more than the incumbent" },
  { sign: -1, holds: ({ high }: { high: number }) => high < 0, says: "The candidate is worth less than the incumbent" },
] as const;
const EITHER = { sign: 0, says: "The candidate may be worth more or less than the incumbent" } as const;

function short(x: number): string {
  return Number(x.toPrecision(3)).toString();
}
