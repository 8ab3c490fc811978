/** Numbers on the command line. */
import { InvalidArgumentError } from "commander";

/** A share in (0, 1). */
export function share(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number < 1)) throw new InvalidArgumentError("must be between 0 and 1.");
  return number;
}

/** A whole number. */
export function seed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("must be a whole number of at most 9 digits.");
  return Number(text);
}

/** Fewer say nothing of a 95 % interval, more change nothing. */
const REPLICATES_MIN = 20;
const REPLICATES_MAX = 10_000;

export function replicateCount(text: string): number {
  const number = seed(text);
  if (number >= REPLICATES_MIN && number <= REPLICATES_MAX) return number;
  throw new InvalidArgumentError(`must be ${REPLICATES_MIN} to ${REPLICATES_MAX}.`);
}
