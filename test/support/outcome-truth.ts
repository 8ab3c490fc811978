/**
 * Outcomes of known decisions, and what they owe: the same outcomes for the same seed, told in any order and more than
 * once. The offers of `PROGRAMS` hold half a euro, of which a tenth is owed whatever happens.
 */
import { Random } from "../../src/simulation/random.ts";
import type { OutcomeRequest } from "../../src/contract/outcomes.ts";
import { TINY_PROGRAM, TINY_YAML } from "./tiny-program.ts";

/** Its offers are valid for a day. */
export const LASTING = TINY_PROGRAM;
/** Its offers have expired when their outcomes come. */
export const EXPIRING = "tiny-expiring";
const FIXED_MICROS = 100_000;
const HELD_MICROS = 500_000;

const YAML = TINY_YAML.replaceAll("fixedCost: 0,", "fixedCost: 0.1, maxCost: 0.5,").replace(
  "strategy: greedy",
  "strategy: epsilon, epsilon: 1",
);
const budget = (more: string) =>
  `budget: { amount: 1000000, period: { every: year, timezone: UTC }, reserve: max, epoch: 1s${more} }\n`;

/** Program files by id: half of their decisions are offers. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  [LASTING]: YAML.concat(budget("")),
  [EXPIRING]: YAML.replace(TINY_PROGRAM, EXPIRING).concat("offerTtl: 1s\n", budget(", settleWithin: 1s")),
};

export interface Told {
  readonly program: string;
  readonly decisionId: string;
  /** Whether money is held for it. */
  readonly paid: boolean;
}

/** Every decision's outcomes, four each. */
export function outcomesOf(decisions: readonly Told[], seed: number): readonly OutcomeRequest[] {
  const random = new Random(seed, "outcomes");
  return decisions.flatMap((decision, i) => someOf(decision, i, random));
}

/** Exposure, what became of the offer, something else or a second redemption, and what the model predicts. */
function someOf(decision: Told, i: number, random: Random): readonly OutcomeRequest[] {
  const occurredAt = new Date().toISOString();
  const of = (k: number, outcome: Pick<OutcomeRequest, "type" | "cost" | "value" | "head">): OutcomeRequest => ({
    outcomeId: `${i}-${k}`,
    decisionId: decision.decisionId,
    occurredAt,
    ...outcome,
  });
  const redemption = { type: "redemption", cost: random.whole(0, 600_000) / 1e6, value: 20 } as const;
  const again = { type: "redemption", cost: random.whole(0, 200_000) / 1e6 } as const;
  const conversion = { type: "conversion", value: random.whole(1, 10_000) / 100 } as const;
  const fate = random.uniform();
  const isVoid = decision.program === LASTING && fate < 0.1;
  const isRedeemed = !isVoid && fate < 0.7;
  const first = isVoid ? ({ type: "void" } as const) : isRedeemed ? redemption : conversion;
  const second = isRedeemed && fate < 0.3 ? again : conversion;
  return [
    of(0, { type: "exposure" }),
    of(1, first),
    of(2, second),
    of(3, { type: "reward", head: "visit", value: random.whole(0, 2) }),
  ];
}

export interface Owed {
  /** Settled and overrun. */
  readonly owedMicros: number;
  readonly pendingMicros: number;
}

/** What a program's ledger must say once all is told: a decision's redemptions, and once what is fixed. */
export function owedBy(program: string, decisions: readonly Told[], outcomes: readonly OutcomeRequest[]): Owed {
  const ofDecision = Map.groupBy(outcomes, ({ decisionId }) => decisionId);
  let owedMicros = 0;
  let pendingMicros = 0;
  for (const decision of decisions) {
    if (!decision.paid || decision.program !== program) continue;
    const own = ofDecision.get(decision.decisionId) ?? [];
    const redemptions = own.filter(({ type }) => type === "redemption");
    const isOver = program === EXPIRING || redemptions.length > 0;
    if (isOver) owedMicros += FIXED_MICROS;
    else if (!own.some(({ type }) => type === "void")) pendingMicros += HELD_MICROS;
    for (const { cost = 0 } of redemptions) owedMicros += Math.round(cost * 1e6);
  }
  return { owedMicros, pendingMicros };
}

/** Which outcomes are told in which call: all of them and `repeated` of them once more, in no order, 1 to 1,000 a call. */
export function callsOf(
  outcomes: readonly OutcomeRequest[],
  { repeated, seed }: { readonly repeated: number; readonly seed: number },
): readonly (readonly OutcomeRequest[])[] {
  const random = new Random(seed, "calls");
  const told = [...outcomes];
  for (let n = 0; n < repeated; n++) {
    const one = outcomes[random.whole(0, outcomes.length)];
    if (one !== undefined) told.push(one);
  }
  shuffle(told, random);
  const calls: (readonly OutcomeRequest[])[] = [];
  for (let start = 0; start < told.length;) {
    // As many small ones as large ones.
    const size = Math.ceil(1_000 ** random.uniform());
    calls.push(told.slice(start, start + size));
    start += size;
  }
  return calls;
}

/** Fisher and Yates. */
function shuffle(list: OutcomeRequest[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.whole(0, i + 1);
    const [a, b] = [list[i], list[j]];
    if (a === undefined || b === undefined) continue;
    list[i] = b;
    list[j] = a;
  }
}
