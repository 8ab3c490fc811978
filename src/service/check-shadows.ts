/** Whether the program a shadow names is there, and is one it can decide along with. */
import type { Program } from "../core/domain/program.ts";
import type { Fault } from "../core/ports.ts";

/** Faults of a shadow, given all programs by id; none for any other program. */
export function shadowFaults(
  { shadows, currency, randomizationUnit }: Program,
  programs: ReadonlyMap<string, Program>,
): readonly Fault[] {
  if (shadows === null) return [];
  const incumbent = programs.get(shadows);
  if (incumbent === undefined) return [{ path: "shadows", rule: `${shadows} is not a loaded program` }];
  const faults: Fault[] = [];
  if (incumbent.state === "shadow") {
    faults.push({ path: "shadows", rule: `${shadows} is a shadow itself: name the program that it shadows` });
  }
  if (incumbent.currency !== currency) {
    faults.push({
      path: "currency",
      rule: `must be ${incumbent.currency}, as in ${shadows}: or they cannot be compared`,
    });
  }
  if (incumbent.randomizationUnit !== randomizationUnit) {
    const rule = `must be ${incumbent.randomizationUnit}, as in ${shadows}: requests name the unit it needs`;
    faults.push({ path: "randomizationUnit", rule });
  }
  return faults;
}
