/** Budgets and caps by name, as the core's constraints, and its answer by name again. */
import type { AllocateRequest, AllocationSummary } from "../contract/allocate.ts";
import type { Allocation } from "../core/allocation/allocate.ts";
import type { Constraints } from "../core/allocation/candidates.ts";
import { type InputFault, LiftgateError } from "../core/errors.ts";

const MICROS = 1e6;

export interface Terms {
  /** In units of the currency; Infinity: none. */
  readonly budget: number;
  readonly costWeight: 0 | 1;
  /** By number. */
  readonly actions: readonly string[];
  /** The actions of each channel. */
  readonly channels: Readonly<Record<string, readonly string[]>>;
  readonly caps: NonNullable<AllocateRequest["caps"]>;
}

interface NamedCap {
  readonly kind: "actions" | "channels";
  readonly name: string;
  readonly actions: readonly string[];
  readonly offers: number;
}

/** @throws LiftgateError `unknown_action` for caps on actions or channels that no candidate has */
export function constraintsOf(terms: Terms): Constraints {
  const place = new Map(terms.actions.map((action, i) => [action, i]));
  const faults = faultsOf(terms, place);
  if (faults.length > 0) throw new LiftgateError("unknown_action", undefined, faults);
  return {
    budgetMicros: Math.round(terms.budget * MICROS),
    costWeight: terms.costWeight,
    caps: capsOf(terms).map(({ actions, offers }) => ({
      offers,
      actions: [...new Set(actions)].flatMap((action) => place.get(action) ?? []),
    })),
  };
}

/** The allocation in units of the currency, its prices and slacks by the caps' names. */
export function summarize(allocation: Allocation, terms: Terms): AllocationSummary {
  const caps = capsOf(terms);
  const perCap = (of: readonly number[]) => ({
    actions: named(caps, "actions", of),
    channels: named(caps, "channels", of),
  });
  return {
    value: allocation.valueMicros / MICROS,
    spend: allocation.spendMicros / MICROS,
    offers: allocation.offers,
    lambda: allocation.lambda,
    mu: perCap(allocation.muMicros.map((mu) => mu / MICROS)),
    dualBound: allocation.dualBoundMicros / MICROS,
    gap: allocation.gap,
    slack: { budget: allocation.slack.budgetMicros / MICROS, ...perCap(allocation.slack.caps) },
    curve: allocation.curve.map(({ budgetMicros, valueMicros, spendMicros, lambda }) => ({
      budget: budgetMicros / MICROS,
      value: valueMicros / MICROS,
      spend: spendMicros / MICROS,
      lambda,
    })),
  };
}

/** All caps: those of actions, then those of channels. */
function capsOf({ caps, channels }: Terms): readonly NamedCap[] {
  return [
    ...Object.entries(caps.actions ?? {}).map(([name, offers]) => ({
      kind: "actions" as const,
      name,
      actions: [name],
      offers,
    })),
    ...Object.entries(caps.channels ?? {}).map(([name, offers]) => ({
      kind: "channels" as const,
      name,
      actions: channels[name] ?? [],
      offers,
    })),
  ];
}

function faultsOf({ caps, channels }: Terms, place: ReadonlyMap<string, number>): readonly InputFault[] {
  const actions = Object.keys(caps.actions ?? {}).filter((action) => !place.has(action));
  const unknown = Object.keys(caps.channels ?? {}).filter((channel) => channels[channel] === undefined);
  return [
    ...actions.map((action) => ({ path: `caps.actions.${action}`, rule: "is the action of no candidate" })),
    ...unknown.map((channel) => ({ path: `caps.channels.${channel}`, rule: "is the channel of no action" })),
  ];
}

function named(caps: readonly NamedCap[], kind: NamedCap["kind"], of: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    caps.flatMap((cap, j) => (cap.kind === kind ? [[cap.name, of[j] as number] as const] : [])),
  );
}
