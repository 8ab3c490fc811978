/**
 * The independent reader: knows nothing of replicas or of the ledger's code. It reads the replicas'
 * decision and outcome logs as they grow, and the account's hash in Redis, and compares both with the amount.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import type { Reservation, Settlement } from "../../src/core/domain/budget.ts";
import type { LoggedDecision } from "./world.ts";

const BLOCK_BYTES = 1024 * 1024;

export interface AuditorOptions {
  readonly amount: number;
  readonly graceMs: number;
  readonly accountKey: string;
  readonly dataDirs: readonly string[];
}

/** What may be owed now by the logs, and what the store says is used. */
export interface Sample {
  readonly owed: number;
  /** null while it does not answer. */
  readonly used: number | null;
  /** Whether the store says that it may have forgotten something, and grants nothing. */
  readonly isRecovering: boolean;
}

export class Auditor {
  readonly #options: AuditorOptions;
  readonly #redis: Redis;
  readonly #offsets = new Map<string, number>();
  readonly #open = new Map<string, Reservation>();
  readonly #outcomes = new Map<string, Settlement>();
  #owedForEnded = 0;
  #owedForOpen = 0;
  decisions = 0;

  constructor(options: AuditorOptions, redis: Redis) {
    this.#options = options;
    this.#redis = redis;
  }

  async sample(nowMs: number): Promise<Sample> {
    for (const directory of this.#options.dataDirs) this.#readLogs(directory);
    this.#expire(nowMs);
    return { owed: this.#owedForEnded + this.#owedForOpen, ...(await this.#account()) };
  }

  #readLogs(directory: string): void {
    const folder = join(directory, "decisions");
    const names = existsSync(folder) ? readdirSync(folder) : [];
    for (const name of names) for (const line of this.#newLines(join(folder, name))) this.#decided(line);
    for (const line of this.#newLines(join(directory, "outcomes.ndjson"))) this.#settled(line);
  }

  #decided(line: string): void {
    const { reservation }: LoggedDecision = JSON.parse(line);
    this.decisions++;
    const outcome = this.#outcomes.get(reservation.id);
    if (outcome !== undefined) {
      this.#owedForEnded += amountOf(outcome);
      return;
    }
    this.#open.set(reservation.id, reservation);
    this.#owedForOpen += reservation.amount;
  }

  #settled(line: string): void {
    const outcome: Settlement = JSON.parse(line);
    this.#outcomes.set(outcome.reservationId, outcome);
    const reservation = this.#open.get(outcome.reservationId);
    if (reservation === undefined) return;
    this.#close(reservation, amountOf(outcome));
  }

  /** Nobody may honour an offer after its grace: the fixed part is owed. */
  #expire(nowMs: number): void {
    for (const reservation of this.#open.values()) {
      if (reservation.expiresAtMs + this.#options.graceMs < nowMs) this.#close(reservation, reservation.fixed);
    }
  }

  #close(reservation: Reservation, owed: number): void {
    this.#open.delete(reservation.id);
    this.#owedForOpen -= reservation.amount;
    this.#owedForEnded += owed;
  }

  async #account(): Promise<Omit<Sample, "owed">> {
    const fields = ["leased", "pending", "settled", "recovery"];
    const silent: (string | null)[] = [null];
    const [recovery = null, ...sums] = (
      await this.#redis.hmget(this.#options.accountKey, ...fields).catch(() => silent)
    ).toReversed();
    if (recovery === null) return { used: null, isRecovering: false };
    return { used: sums.reduce((total, sum) => total + Number(sum), 0), isRecovering: recovery !== "" };
  }

  #newLines(path: string): readonly string[] {
    if (!existsSync(path)) return [];
    const start = this.#offsets.get(path) ?? 0;
    const text = textFrom(path, start);
    const end = text.lastIndexOf("\n") + 1;
    this.#offsets.set(path, start + Buffer.byteLength(text.slice(0, end)));
    return text.slice(0, end).split("\n").slice(0, -1);
  }
}

function amountOf(outcome: Settlement): number {
  return outcome.kind === "settle" ? outcome.amount : 0;
}

function textFrom(path: string, start: number): string {
  const file = openSync(path, "r");
  try {
    const block = Buffer.alloc(BLOCK_BYTES);
    return block.toString("utf8", 0, readSync(file, block, 0, BLOCK_BYTES, start));
  } finally {
    closeSync(file);
  }
}
