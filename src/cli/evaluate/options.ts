/** What an evaluation is told on the command line. */
import { InvalidArgumentError } from "commander";
import type { Propensity } from "../../service/evaluation/policy-block.ts";

export interface EvaluateOptions {
  readonly candidate: string;
  readonly incumbent?: string;
  readonly models?: string;
  readonly decisions?: readonly string[];
  readonly outcomes?: readonly string[];
  readonly out?: string;
  readonly program?: string;
  /** In ms since 1970. */
  readonly from?: number;
  readonly until?: number;
  /** In ms. */
  readonly window: number;
  readonly exposures?: "reported" | "assumed";
  readonly propensity: Propensity;
  readonly lambda?: number;
  readonly spend?: "equal";
  readonly anySpend?: true;
  readonly slice?: readonly string[];
  readonly protected?: readonly string[];
  readonly level: number;
  readonly floor: number;
  readonly tolerance: number;
  readonly minSlice: number;
}

/** What options say together that makes no sense; null where they do. */
export function misuseOf({ lambda, spend, from, until }: EvaluateOptions): string | null {
  if (lambda !== undefined && spend !== undefined)
    return "--lambda and --spend: the spend follows from λ, or λ from it";
  if (from !== undefined && until !== undefined && from >= until) return "--from must be before --until";
  return null;
}

export function amount(text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number) || number < 0) {
    throw new InvalidArgumentError("must be a number, 0 or more.");
  }
  return number;
}

/** A share in (0, 1). */
export function share(text: string): number {
  const number = amount(text);
  if (number <= 0 || number >= 1) throw new InvalidArgumentError("must be between 0 and 1.");
  return number;
}
