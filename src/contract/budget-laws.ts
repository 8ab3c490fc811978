/** What must hold between the fields of a `budget`, and between it and the rest of the program. */
import { NO_OFFER } from "../core/domain/program.ts";
import type { BudgetForm } from "./budget-form.ts";
import { durationMs } from "./identifiers.ts";
import type { ProgramForm } from "./program-form.ts";

/** A broken law: the path to what breaks it, and what would be right. */
export interface Breach {
  readonly path: readonly (string | number)[];
  readonly rule: string;
}

/** Below it an epoch has no arrivals to learn from; above it a price lags behind a burst. */
const EPOCH_MS = { min: 1_000, max: 3_600_000 } as const;

export function budgetBreaches({ program, budget }: Pick<ProgramForm, "program" | "budget">): readonly Breach[] {
  if (budget === undefined) return [];
  if (budget.pool !== undefined) return sharedBreaches(budget, { pool: budget.pool, program });
  return [...ownBreaches(budget), ...periodBreaches(budget), ...epochBreaches(budget)];
}

/** What a program that draws on another's pool may not declare: the pool's program does. */
function sharedBreaches(budget: BudgetForm, { pool, program }: { pool: string; program: string }): readonly Breach[] {
  if (pool === program) {
    return [{ path: ["budget", "pool"], rule: "names this program: declare an amount and a period instead" }];
  }
  const rule = `is declared by ${pool}, whose pool this program draws on: take it out`;
  const declared = (["amount", "period"] as const).filter((field) => budget[field] !== undefined);
  const breaches = declared.map((field) => ({ path: ["budget", field], rule }));
  return budget.volumes.length === 0 ? breaches : [...breaches, { path: ["budget", "volumes"], rule }];
}

function ownBreaches(budget: BudgetForm): readonly Breach[] {
  const missing = (["amount", "period"] as const).filter((field) => budget[field] === undefined);
  return missing.map((field) => ({
    path: ["budget", field],
    rule: "is required, or the pool of another program: { pool: <program> }",
  }));
}

function periodBreaches({ period }: BudgetForm): readonly Breach[] {
  if (period === undefined) return [];
  const { every, timezone, from, until } = period;
  const calendar = every !== undefined && timezone !== undefined && from === undefined && until === undefined;
  const fixed = every === undefined && timezone === undefined && from !== undefined && until !== undefined;
  if (!calendar && !fixed) {
    return [{ path: ["budget", "period"], rule: "must have `every` and `timezone`, or `from` and `until`" }];
  }
  const backwards = fixed && Date.parse(until) <= Date.parse(from);
  return backwards ? [{ path: ["budget", "period", "until"], rule: "must be after `from`" }] : [];
}

function epochBreaches({ epoch }: BudgetForm): readonly Breach[] {
  const epochMs = durationMs(epoch);
  if (epochMs >= EPOCH_MS.min && epochMs <= EPOCH_MS.max) return [];
  return [{ path: ["budget", "epoch"], rule: "from 1s to 1h" }];
}

/** A volume limits one action or one channel that the program has, and each once. */
export function volumeBreaches({ actions, budget }: Pick<ProgramForm, "actions" | "budget">): readonly Breach[] {
  const volumes = budget?.volumes ?? [];
  return volumes.flatMap((volume, i) => {
    const path = ["budget", "volumes", i];
    if ((volume.action === undefined) === (volume.channel === undefined)) {
      return [{ path, rule: "must have either an `action` or a `channel`" }];
    }
    const known = actions.some(({ id, channel }) =>
      volume.action === undefined ? channel === volume.channel : id === volume.action && id !== NO_OFFER,
    );
    if (!known) {
      const field = volume.action === undefined ? "channel" : "action";
      return [{ path: [...path, field], rule: `is not a paid action's ${field === "action" ? "id" : "channel"}` }];
    }
    const first = volumes.findIndex((other) => other.action === volume.action && other.channel === volume.channel);
    return first < i ? [{ path, rule: "is there twice: a volume has one limit" }] : [];
  });
}

/** Where no cost is predicted, only maxCost says what an offer may cost: without it the budget could not hold it. */
export function unboundedBreaches({
  actions,
  budget,
  features,
}: Pick<ProgramForm, "actions" | "budget" | "features">): readonly Breach[] {
  if (budget === undefined) return [];
  const reason =
    budget.reserve === "max" ? "budget.reserve is max" : "there is a budget, and features.coldStart is explore";
  if (budget.reserve !== "max" && features.coldStart !== "explore") return [];
  return actions.flatMap(({ id, maxCost }, i) =>
    id === NO_OFFER || maxCost !== undefined
      ? []
      : [{ path: ["actions", i, "maxCost"], rule: `is required: ${reason}` }],
  );
}
