/**
 * Outcomes of decisions that were told, and what they owe by the logs alone: neither the index, nor the settler, nor
 * the ledger is asked.
 */
import { MARK_DIGITS } from "../../src/core/domain/decision-id.ts";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments, type LogKind } from "../../src/adapters/file/segment-name.ts";
import { openIndexStore } from "../../src/adapters/lmdb/index-store.ts";
import { MICROS_PER_UNIT } from "../../src/core/domain/money.ts";
import type { OutcomeRecord } from "../../src/core/domain/outcome.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { OutcomeIndex } from "../../src/service/outcomes/outcome-index.ts";
import { embeddedAccount } from "./ledger-account.ts";
import { DECIDE, type PromisedCall } from "./promised-calls.ts";
import { PROGRAM, SHIPPED_PROGRAMS } from "./service.ts";

/** A budget that no run exhausts; it draws evenly, so that it spends at any price. */
const BUDGET = "budget: { amount: 50000000, period: { every: year, timezone: UTC }, reserve: max, epoch: 1s }\n";
const EVEN = "strategy: epsilon, epsilon: 1";
/** A decision that nobody made: its outcomes are kept too. */
const NOBODYS = "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11";
/** Spreads the outcomes over the decisions. */
const STRIDE = 7_919;
/** Some cost more than their offer's face value of 2.00. */
const CENTS = 250;

const Acknowledged = z.object({
  results: z.array(z.object({ outcomeId: z.string(), result: z.enum(["accepted", "duplicate", "unknown"]) })),
});
const Logged = z.object({ outcomeId: z.string() });

/** The shipped program with a budget, in a folder of its own; of a higher version it replaces the one before. */
export async function fundedPrograms(directory: string, version = 1): Promise<string> {
  await mkdir(directory, { recursive: true });
  const shipped = await readFile(join(SHIPPED_PROGRAMS, `${PROGRAM}.yaml`), "utf8");
  const even = shipped
    .replace(/^version: 1$/m, `version: ${version}`)
    .replace(/strategy: inverse-gap[^]*?gapUnit: 1\.00/, EVEN.replace(", ", "\n  "));
  const path = join(directory, `${PROGRAM}.yaml`);
  await writeFile(`${path}.next`, `${even}\n${BUDGET}`);
  await rename(`${path}.next`, path);
  return directory;
}

/**
 * Decisions, and outcomes of those that were told, in this life or before. With each goes one that was sent before,
 * whether it was acknowledged or not: it counts once. A decision is redeemed, some more than once, or void, or earns
 * something, and never two of these: what it owes does not depend on the order of its outcomes.
 */
export function decisionsWithOutcomes(): readonly PromisedCall[] {
  const told: string[] = [];
  const sent: object[] = [];
  const decide: PromisedCall = {
    ...DECIDE,
    idsIn: (answer) => {
      const ids = DECIDE.idsIn(answer);
      told.push(...ids);
      return ids;
    },
  };
  const report: PromisedCall = {
    log: "outcomes",
    path: "/v1/outcomes",
    bodyOf: (number) => {
      const decisionId = told[(number * STRIDE) % told.length] ?? NOBODYS;
      const outcome = { outcomeId: `outcome-${number}`, occurredAt: "2026-11-21T21:00:00Z", decisionId };
      const fresh = { ...outcome, ...kindOf(decisionId, number) };
      const again = sent[(number * STRIDE) % sent.length];
      sent.push(fresh);
      return { outcomes: again === undefined ? [fresh] : [fresh, again] };
    },
    promises: 202,
    idsIn: (answer) => Acknowledged.parse(answer).results.map(({ outcomeId }) => outcomeId),
    idIn: (record) => Logged.parse(record).outcomeId,
  };
  return [decide, report];
}

/** By a digit of the decision's id that is random: before its replica's mark. */
function kindOf(decisionId: string, number: number): object {
  const digit = Number.parseInt(decisionId.at(-1 - MARK_DIGITS) ?? "", 16);
  if (digit < 10) return { type: "redemption", cost: (number % CENTS) / 100 };
  return digit < 13 ? { type: "void" } : { type: "reward", value: number % CENTS };
}

/** Sums are in micros. */
export interface MoneyFound {
  /** Decisions that hold money; of those the redeemed and the void. */
  readonly reserved: number;
  readonly redeemed: number;
  readonly voided: number;
  /** What redemptions in the log cost, each decision's fixed part once. */
  readonly owed: number;
  readonly settled: number;
  readonly overrun: number;
  /** Held for what is neither redeemed nor void, by the log and by the ledger. */
  readonly open: number;
  readonly pending: number;
  readonly leased: number;
}

/** What the logs owe, beside what the embedded ledger says; after the last life. */
export async function auditMoney(dataDir: string): Promise<MoneyFound> {
  const reservations = await reservationsIn(dataDir);
  const owed = new Map<string, number>();
  const voided = new Set<string>();
  for await (const line of linesOf(dataDir, "outcomes")) {
    const { decisionId, type, cost } = line as OutcomeRecord;
    const reservation = reservations.get(decisionId);
    if (reservation === undefined) continue;
    if (type === "void") voided.add(decisionId);
    if (type !== "redemption") continue;
    const before = owed.get(decisionId) ?? reservation.fixedMicros;
    owed.set(decisionId, before + Math.round((cost ?? 0) * MICROS_PER_UNIT));
  }
  const open = [...reservations.values()].filter(({ id }) => !owed.has(id) && !voided.has(id));
  const { settled, overrun, pending, leased } = await embeddedAccount(
    dataDir,
    [...reservations.values()][0]?.account ?? "",
  );
  return {
    reserved: reservations.size,
    redeemed: owed.size,
    voided: voided.size,
    owed: [...owed.values()].reduce((sum, micros) => sum + micros, 0),
    settled,
    overrun,
    open: open.reduce((sum, { amountMicros }) => sum + amountMicros, 0),
    pending,
    leased,
  };
}

/** Settlements that wait for the ledger. After the last life. */
export async function settlementsDue(dataDir: string): Promise<number> {
  const store = openIndexStore({ directory: join(dataDir, "index"), onFailure: fail });
  try {
    return (await new OutcomeIndex(store).waiting(Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER)).length;
  } finally {
    await store.close();
  }
}

type Reservation = NonNullable<DecisionRecord["reservation"]>;

async function reservationsIn(dataDir: string): Promise<ReadonlyMap<string, Reservation>> {
  const found = new Map<string, Reservation>();
  for await (const line of linesOf(dataDir, "decisions")) {
    const { reservation } = line as DecisionRecord;
    if (reservation !== null) found.set(reservation.id, reservation);
  }
  return found;
}

export async function* linesOf(dataDir: string, kind: LogKind): AsyncGenerator<object> {
  const segments = await listSegments(join(dataDir, kind), kind);
  for await (const entry of readSegments(segments.map(({ path }) => path))) {
    if (entry.kind === "record") yield entry.record;
  }
}

function fail(cause: unknown): void {
  throw cause;
}
