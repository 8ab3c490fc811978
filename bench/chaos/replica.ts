/**
 * One replica of the chaos program: the real lease, holder, reaper, lease book, Redis ledger and decision
 * log; in place of a decision, callers that pay a drawn amount. It is told its world in one JSON argument
 * and says on standard output, each line a total: decisions logged, calls of the ledger.
 *
 * SIGUSR2 moves its wall clock on: by an hour, back by two, back to what it was. SIGTERM stops the callers
 * and closes the lease.
 */
import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FileDecisionLog } from "../../src/adapters/file/decision-log.ts";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments } from "../../src/adapters/file/segment-name.ts";
import { openLeaseBook } from "../../src/adapters/memory/lease-book.ts";
import { openRedis } from "../../src/adapters/redis/connection.ts";
import { RedisLedger } from "../../src/adapters/redis/ledger/ledger.ts";
import type { AccountId, LeaseHolder, Settlement } from "../../src/core/domain/budget.ts";
import type { Ledger, SpendingHistory } from "../../src/core/budget-ports.ts";
import { BudgetHolder, type Timer } from "../../src/service/budget/budget-holder.ts";
import { BudgetLease } from "../../src/service/budget/budget-lease.ts";
import { Reaper, steadyClock } from "../../src/service/budget/reaper.ts";
import type { LoggedDecision, ReplicaWorld } from "./world.ts";

const HOUR_MS = 3_600_000;
const SHIFTS_MS = [HOUR_MS, -HOUR_MS, 0];
const SAY_MS = 100;
const TELL_OUTCOMES_MS = 1_000;
const OUTCOMES_PER_CALL = 500;

const world: ReplicaWorld = JSON.parse(process.argv[2] ?? "");
const { account, terms } = world;
const realNow = Date.now.bind(Date);
let shiftMs = 0;
let shifts = 0;
Date.now = () => realNow() + shiftMs;
process.on("SIGUSR2", () => {
  shiftMs = SHIFTS_MS[shifts++ % SHIFTS_MS.length] ?? 0;
});

const monotonic = () => performance.now();
const clock = steadyClock(() => Date.now(), monotonic);
const timer: Timer = {
  now: monotonic,
  after: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return () => clearTimeout(handle);
  },
};
const decisionsDir = join(world.dataDir, "decisions");
const outcomesPath = join(world.dataDir, "outcomes.ndjson");
const totals = { decisions: 0, syncs: 0, declares: 0, settles: 0, reaps: 0, missed: 0, failed: 0, recoveries: 0 };

const log = new FileDecisionLog({
  directory: decisionsDir,
  durability: "process",
  clock: () => Date.now(),
  stopwatch: monotonic,
  segmentSuffix: () => randomUUID().slice(0, 8),
  observer: { queued: ignore, wrote: ignore, segmentOpened: ignore, failed: (cause) => console.error(cause) },
});
const history: SpendingHistory = {
  async *reservations(_: AccountId, holder: LeaseHolder) {
    const paths = (await listSegments(decisionsDir, "decisions")).map(({ path }) => path);
    for await (const entry of readSegments(paths)) {
      if (entry.kind !== "record") continue;
      const { reservation }: LoggedDecision = JSON.parse(entry.text);
      if (reservation.life === holder.life) yield reservation;
    }
  },
  async *settlements() {
    yield* outcomesLogged();
  },
};
const connection = await openRedis({
  url: world.redisUrl,
  timeoutMs: 250,
  scripts: "together",
  now: monotonic,
  onState: ignore,
});
const ledger = counted(new RedisLedger({ connection, replicasToConfirm: 0, confirmMs: 0 }));
const book = await openLeaseBook({ dataDir: world.dataDir, newReplica: () => randomUUID() });
const parts = { ledger, book, history, now: monotonic, clock };
const lease = new BudgetLease({ ...parts, account, terms, kind: "reserved", largestOffer: () => world.largestOffer });
const holder = new BudgetHolder(lease, timer, {
  exchanged: (_, answer) => {
    totals.recoveries += Number(answer === "recovering");
  },
  failed: () => {
    totals.failed++;
  },
});
const reaper = new Reaper({ ledger, timer, clock, intervalMs: world.reapMs, expired: ignore, failed: ignore });
reaper.watch(account, Infinity);

/** Outcomes of decisions, this life's and those before, that the ledger has not confirmed. */
let untold: Settlement[] = outcomesLogged();
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());

holder.start();
reaper.start();
const saying = setInterval(() => console.log(JSON.stringify(totals)), SAY_MS);
await Promise.all([untilStopped(), tellUntilStopped(), ...Array.from({ length: world.callers }, call)]);
await delay(world.settleMs);
await tellOutcomes();
const closed = await holder.close();
await reaper.close();
await log.close();
await book.close();
clearInterval(saying);
connection.close();
console.log(JSON.stringify(totals));
if (!closed || untold.length > 0) throw new Error("the lease could not be closed, or outcomes could not be told");

async function untilStopped(): Promise<void> {
  while (!stop.signal.aborted) await delay(SAY_MS);
}

async function call(): Promise<void> {
  while (!stop.signal.aborted) {
    const amount = 1 + Math.floor(Math.random() * world.largestOffer);
    if (amount > holder.available()) {
      totals.missed++;
      holder.missed();
    } else {
      await decide(amount);
    }
    await delay(world.pauseMs * Math.random() * 2);
  }
}

async function decide(amount: number): Promise<void> {
  holder.debit(amount);
  const fixed = Math.floor(amount / 10);
  const reservation = { id: randomUUID(), amount, fixed, expiresAtMs: Math.floor(clock()) + world.offerMs };
  try {
    const line: LoggedDecision = { reservation: { ...reservation, life: book.holder.life } };
    await log.append(JSON.stringify(line));
  } catch {
    holder.credit(amount);
    return;
  }
  holder.logged(reservation);
  totals.decisions++;
  const luck = Math.random();
  if (luck < 0.5)
    setTimeout(() => outcome(reservation.id, luck < 0.45 ? Math.ceil(amount * luck * 2) : null), luck * world.offerMs);
}

/** The outcome is in this replica's log before the ledger hears of it. */
function outcome(reservationId: string, amount: number | null): void {
  const eventId = randomUUID();
  const settlement: Settlement =
    amount === null ? { kind: "void", eventId, reservationId } : { kind: "settle", eventId, reservationId, amount };
  appendFileSync(outcomesPath, `${JSON.stringify(settlement)}\n`);
  untold.push(settlement);
}

async function tellUntilStopped(): Promise<void> {
  while (!stop.signal.aborted) {
    await delay(TELL_OUTCOMES_MS);
    await tellOutcomes();
  }
}

/** All there are: a later life begins with those of all lives, and what is told after the grace comes too late. */
async function tellOutcomes(): Promise<void> {
  while (untold.length > 0) {
    const told = untold.slice(0, OUTCOMES_PER_CALL);
    try {
      const results = await ledger.settle(account, told);
      if (results.some(({ kind }) => kind === "unknown_account")) return;
    } catch {
      // Asked again: what was done is a duplicate then.
      return;
    }
    const known = new Set(told);
    untold = untold.filter((settlement) => !known.has(settlement));
  }
}

function outcomesLogged(): Settlement[] {
  if (!existsSync(outcomesPath)) return [];
  const lines = readFileSync(outcomesPath, "utf8").split("\n");
  // A line that a kill cut short was never told to anybody.
  return lines.slice(0, -1).map((line): Settlement => JSON.parse(line));
}

function counted(real: Ledger): Ledger {
  const count = <T>(kind: "syncs" | "declares" | "settles" | "reaps", answer: T): T => {
    totals[kind]++;
    return answer;
  };
  return {
    sync: (sync) => count("syncs", real.sync(sync)),
    declare: (declaration) => count("declares", real.declare(declaration)),
    settle: (of, settlements) => count("settles", real.settle(of, settlements)),
    reap: (of, due) => count("reaps", real.reap(of, due)),
    writeOff: (of, whose) => real.writeOff(of, whose),
    // Asked once, before the first turn.
    view: (of) => count("syncs", real.view(of)),
    close: () => real.close(),
  };
}

function ignore(): void {
  // Nobody watches here.
}
