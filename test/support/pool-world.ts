/**
 * Replicas that spend a pool's money, with all that is theirs but processes: time by hand, wall clocks that jump, a
 * ledger and a board that can be down, real calendars, real decisions on varied users.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFilePacingBoard } from "../../src/adapters/file/pacing-board.ts";
import { TemporalCalendar } from "../../src/adapters/temporal/calendar.ts";
import type { BudgetAnswer } from "../../src/contract/budget.ts";
import { samplePrices } from "../../src/core/allocation/sample-prices.ts";
import type { BoardDocument, LeaseBook, PacingBoard, SpendingHistory } from "../../src/core/budget-ports.ts";
import type { AccountId, LeaseHolder } from "../../src/core/domain/budget.ts";
import { timeOfId } from "../../src/core/domain/decision-id.ts";
import type { PoolTerms } from "../../src/core/domain/funding.ts";
import { OUTCOME_SCHEMA } from "../../src/core/domain/outcome.ts";
import type { Program } from "../../src/core/domain/program.ts";
import type { RecordedReservation } from "../../src/core/domain/record.ts";
import { LiftgateError } from "../../src/core/errors.ts";
import type { Allocator } from "../../src/core/ports.ts";
import { type Decided, decideNow } from "../../src/service/decide-now.ts";
import type { Moment } from "../../src/service/funds.ts";
import { Reaper } from "../../src/service/budget/reaper.ts";
import { Treasury } from "../../src/service/budget/treasury.ts";
import { Random } from "../../src/simulation/random.ts";
import { idAt } from "./decision-log-files.ts";
import { FlakyLedger, ManualTimer, settled } from "./lease-fixtures.ts";
import { actionsNamed, programWith, scoresOf, situationWith } from "./programs.ts";

const STEP_MS = 100;
const MICROS = 1e6;
export const HOUR_MS = 3_600_000;
/** The most an offer costs. */
const MAX_COST = 2;

/** Two e-mails worth more and less than they cost, for value alone. */
export function pooled(id: string, terms: Partial<PoolTerms> | null, parts: Partial<Program> = {}): Program {
  const version = parts.version ?? 1;
  return programWith({
    id,
    digest: `sha256:${id}-${version}`,
    actions: actionsNamed("mens_email", "womens_email").map((action, i) =>
      i === 0 ? action : { ...action, maxCost: MAX_COST },
    ),
    objective: { costWeight: 0, value: [], cost: "incentive" },
    funding: {
      pool: "pool",
      reserve: "expected",
      terms: terms === null ? null : { ...TERMS, ...terms },
    },
    offerTtlMs: HOUR_MS,
    ...parts,
  });
}

export const TERMS: PoolTerms = {
  amountMicros: 1_000 * MICROS,
  period: { kind: "calendar", every: "day", timeZone: "Europe/Berlin" },
  epochMs: 5_000,
  settleWithinMs: HOUR_MS,
  volumes: {},
};

/** A board that can be down; what was asked of it can be waited for. */
export class FlakyBoard implements PacingBoard {
  state: "up" | "down" = "up";
  readonly #board: PacingBoard;
  readonly #pending = new Set<Promise<unknown>>();

  constructor(board: PacingBoard) {
    this.#board = board;
  }

  add(account: AccountId, sums: Readonly<Record<string, number>>) {
    return this.#pass(() => this.#board.add(account, sums));
  }

  publish(account: AccountId, document: BoardDocument) {
    return this.#pass(() => this.#board.publish(account, document));
  }

  read(account: AccountId, name: string) {
    return this.#pass(() => this.#board.read(account, name));
  }

  close() {
    return this.#board.close();
  }

  async idle(): Promise<void> {
    do {
      await Promise.all(this.#pending);
      await settled();
    } while (this.#pending.size > 0);
  }

  async #pass<T>(call: () => Promise<T>): Promise<T> {
    if (this.state === "down") throw new LiftgateError("ledger_unavailable");
    const answer = call();
    this.#pending.add(answer);
    try {
      return await answer;
    } finally {
      this.#pending.delete(answer);
    }
  }
}

/** The prices of samples, solved here. */
export const solvedHere: Pick<Allocator, "prices"> = {
  prices: async ({ block, actions, share }, constraints) =>
    samplePrices({ users: block.users, actions, blocks: () => [block] }, constraints, share),
};

/** The decision log and lease book of one replica: it outlives the lives. */
class ReplicaDisk implements SpendingHistory {
  readonly log: RecordedReservation[] = [];
  readonly #opened: { readonly account: AccountId; readonly life: number }[] = [];
  readonly #name: string;
  #life = 0;

  constructor(name: string) {
    this.#name = name;
  }

  nextLife(): LeaseBook {
    const life = ++this.#life;
    return {
      holder: { replica: this.#name, life },
      accounts: () => this.#opened.map(({ account }) => account),
      lives: (account) =>
        this.#opened
          .filter((opened) => keyOf(opened.account) === keyOf(account))
          .map((opened) => ({ replica: this.#name, life: opened.life })),
      remember: async (account) => {
        this.#opened.push({ account, life });
      },
    };
  }

  async *reservations({ budget, period }: AccountId, { replica, life }: LeaseHolder) {
    const [name, volume] = period.split("#");
    for (const { lease, account, id, amountMicros, fixedMicros, volumes, exploration, expiresAt } of this.log) {
      if (lease !== `${replica}/${life}` || account !== `${budget}/${name}`) continue;
      const expiresAtMs = Date.parse(expiresAt);
      if (volume === undefined) yield { id, amount: amountMicros, fixed: fixedMicros, expiresAtMs };
      else if (volume === exploration?.volume) yield { id, amount: exploration.amountMicros, fixed: 0, expiresAtMs };
      else if (volumes.includes(volume)) yield { id, amount: 1, fixed: 0, expiresAtMs };
    }
  }

  async *settlements() {
    // None.
  }
}

export class PoolWorld {
  readonly timer = new ManualTimer();
  readonly ledger = new FlakyLedger();
  readonly board: FlakyBoard;
  readonly calendar = new TemporalCalendar();
  readonly startMs: number;
  readonly #directory: string;
  readonly #disks = new Map<string, ReplicaDisk>();
  readonly #users: Random;
  readonly #luck: Random;

  private constructor(board: FlakyBoard, directory: string, startMs: number) {
    this.board = board;
    this.#directory = directory;
    this.startMs = startMs;
    this.#users = new Random(1, "users");
    this.#luck = new Random(1, "luck");
  }

  /**
   * @param startsAt the true time when it begins
   * @param shared the board of its replicas; in files unless given
   */
  static async begin(startsAt: string, shared?: PacingBoard): Promise<PoolWorld> {
    const directory = await mkdtemp(join(tmpdir(), "pool-"));
    const startMs = Date.parse(startsAt);
    const board = shared ?? (await openFilePacingBoard(directory, () => startMs));
    return new PoolWorld(new FlakyBoard(board), directory, startMs);
  }

  /** A life of a replica, begun with these programs. */
  async replica(name: string, programs: readonly Program[]): Promise<Replica> {
    const disk = this.#disks.get(name) ?? new ReplicaDisk(name);
    this.#disks.set(name, disk);
    const replica = new Replica(this, disk);
    replica.treasury.adopt(programs);
    await this.settle();
    return replica;
  }

  /** Lets time pass, with so many requests a second shared out among the replicas. */
  async pass(ms: number, { perSecond = 0, replicas = [], programs = [] }: Partial<Load> = {}): Promise<void> {
    let due = 0;
    let request = 0;
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      await this.timer.pass(STEP_MS);
      await this.settle();
      for (due += (perSecond * STEP_MS) / 1_000; due >= 1; due--, request++) {
        const replica = replicas[request % replicas.length];
        const program = programs[request % programs.length];
        if (replica !== undefined && program !== undefined) replica.request(program);
      }
    }
    await this.settle();
  }

  async settle(): Promise<void> {
    await settled();
    await this.board.idle();
  }

  nextUser() {
    const users = this.#users;
    const cost = () => users.between(0.5, MAX_COST);
    const efficiency = () => Math.exp(users.between(-2, 2));
    return scoresOf(
      [cost(), cost()].map((each): [number, number, number] => [toMicro(each * efficiency()), 0, toMicro(each)]),
    );
  }

  nextDraw(): number {
    return this.#luck.uniform();
  }

  /** What all replicas' logs hold of the account, by amount. */
  loggedIn(account: string): number {
    return this.logged()
      .filter((reservation) => reservation.account === account)
      .reduce((sum, { amountMicros }) => sum + amountMicros, 0);
  }

  logged(): readonly RecordedReservation[] {
    return [...this.#disks.values()].flatMap(({ log }) => log);
  }

  async end(): Promise<void> {
    await this.board.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

export interface Load {
  readonly perSecond: number;
  readonly replicas: readonly Replica[];
  readonly programs: readonly Program[];
}

export interface Requested extends Decided {
  readonly moment: Pick<Moment, "availableMicros" | "status">;
}

/** One life of a replica. */
export class Replica {
  readonly treasury: Treasury;
  readonly failures: unknown[] = [];
  readonly reports: BudgetAnswer[] = [];
  /** What its wall clock is ahead of the true time. */
  wallOffsetMs = 0;
  readonly #world: PoolWorld;
  readonly #disk: ReplicaDisk;
  #isAlive = true;
  static #ids = 0;

  constructor(world: PoolWorld, disk: ReplicaDisk) {
    this.#world = world;
    this.#disk = disk;
    const { ledger, board, calendar, startMs } = world;
    const timer = {
      now: () => world.timer.now(),
      after: (delayMs: number, callback: () => void) =>
        world.timer.after(delayMs, () => {
          if (this.#isAlive) callback();
        }),
    };
    const clock = () => startMs + timer.now();
    const expiry = { expired: () => undefined, failed: () => undefined };
    this.treasury = new Treasury({
      ledger,
      board,
      calendar,
      timer,
      clock,
      allocator: solvedHere,
      book: disk.nextLife(),
      history: disk,
      reaper: new Reaper({ ledger, timer, clock, intervalMs: 5_000, ...expiry }),
      nowMs: () => this.nowMs,
      observer: { exchanged: () => undefined, failed: (_, cause) => this.failures.push(cause) },
      reported: (report) => this.reports.push(report),
      failed: (_, cause) => this.failures.push(cause),
    });
  }

  get nowMs(): number {
    return this.#world.startMs + this.#world.timer.now() + this.wallOffsetMs;
  }

  /** Decides for the next user, and logs. */
  request(program: Program): Requested {
    const requested = this.decide(program);
    this.keep(requested);
    return requested;
  }

  /** Decides for the next user; the log is still to be written. */
  decide(program: Program): Requested {
    const draws = { arm: "policy", action: this.#world.nextDraw() } as const;
    const situation = situationWith(program, { scores: this.#world.nextUser(), draws });
    const moment = this.treasury.at(program);
    const { availableMicros, status } = moment;
    const about = {
      decisionId: idAt(Math.floor(this.nowMs), ++Replica.#ids),
      expiresAtMs: this.nowMs + program.offerTtlMs,
    };
    return { ...decideNow(situation, moment, about), moment: { availableMicros, status } };
  }

  keep({ hold }: Requested): void {
    if (hold.reservation !== null) this.#disk.log.push(hold.reservation);
    hold.keep();
  }

  /** What the offer cost is told so long after it was made; of no offer nothing is. */
  redeem({ situation, decision, hold }: Requested, cost: number, ageMs: number): void {
    const { reservation } = hold;
    if (reservation === null) return;
    const { program, scores } = situation;
    const { id: decisionId, account, fixedMicros } = reservation;
    const receivedAt = new Date(timeOfId(decisionId) + ageMs).toISOString();
    this.treasury.heard(
      {
        schema: OUTCOME_SCHEMA,
        outcomeId: `of ${decisionId}`,
        decisionId,
        type: "redemption",
        head: null,
        value: null,
        cost,
        action: null,
        occurredAt: receivedAt,
        receivedAt,
      },
      {
        decisionId,
        program: program.id,
        arm: situation.draws.arm,
        action: program.actions[decision.chosen]?.id ?? "",
        cost: scores.cost[decision.chosen] ?? null,
        reservation: { account, fixedMicros },
      },
    );
  }

  /** Nothing of it is heard any more. */
  kill(): void {
    this.#isAlive = false;
  }
}

function keyOf({ budget, period }: AccountId): string {
  return `${budget}/${period}`;
}

function toMicro(amount: number): number {
  return Math.round(amount * MICROS) / MICROS;
}
