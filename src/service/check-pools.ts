/** Whether the pool a program draws on is there, and is one it can draw on. */
import type { Program } from "../core/domain/program.ts";
import type { Fault } from "../core/ports.ts";

/** Faults of a program's share in another's pool, given all programs by id; none for a pool of its own. */
export function poolFaults({ funding, currency }: Program, programs: ReadonlyMap<string, Program>): readonly Fault[] {
  if (funding === null || funding.terms !== null) return [];
  const owner = programs.get(funding.pool);
  if (owner?.funding?.terms === undefined || owner.funding.terms === null) {
    return [{ path: "budget.pool", rule: `${funding.pool} is not a loaded program with an amount of its own` }];
  }
  const faults: Fault[] = [];
  if (owner.currency !== currency) {
    faults.push({ path: "currency", rule: `must be ${owner.currency}, as in ${owner.id}: one pool has one currency` });
  }
  if (owner.funding.reserve !== funding.reserve) {
    const { reserve } = owner.funding;
    faults.push({ path: "budget.reserve", rule: `must be ${reserve}, as in ${owner.id}: one pool holds in one way` });
  }
  return faults;
}
