/**
 * The ledger in Redis, shared by replicas: the machine of core/ledger in Lua, one script a call.
 *
 * A grant counts once the server's replicas have it: `WAIT` after the script, where replicas are
 * configured. WAIT holds up its connection, so this one is the ledger's own. A grant that was not
 * confirmed is not given; the same turn, asked again, writes again and waits again.
 *
 * Needs of the server: no eviction (`maxmemory-policy noeviction`) and rights to evalsha, eval, info,
 * time, wait and the hash, key and sorted-set commands on `liftgate:*`.
 */
import { LiftgateError } from "../../../core/errors.ts";
import type { AccountId, AccountView, LeaseHolder, Settlement } from "../../../core/domain/budget.ts";
import { leaseKey } from "../../../core/ledger/account.ts";
import { checkCommand } from "../../../core/ledger/check-command.ts";
import type { Ledger, LeaseAnswer, LeaseDeclaration, LeaseSync } from "../../../core/budget-ports.ts";
import type { RedisConnection } from "../connection.ts";
import { RedisTrouble } from "../trouble.ts";
import { DECLARE_SCRIPT } from "./declare-script.ts";
import { REAP_SCRIPT } from "./reap-script.ts";
import { answerFrom, listFrom, resultFrom, viewFrom, wholeFrom } from "./replies.ts";
import { Script } from "../script.ts";
import { SETTLE_SCRIPT } from "./settle-script.ts";
import { SYNC_SCRIPT } from "./sync-script.ts";
import { VIEW_SCRIPT } from "./view-script.ts";
import { WRITE_OFF_SCRIPT } from "./write-off-script.ts";

const SCRIPTS = {
  sync: new Script(SYNC_SCRIPT),
  declare: new Script(DECLARE_SCRIPT),
  settle: new Script(SETTLE_SCRIPT),
  reap: new Script(REAP_SCRIPT),
  writeOff: new Script(WRITE_OFF_SCRIPT),
  view: new Script(VIEW_SCRIPT),
} as const;

/** Nobody decides meanwhile, and a lease outlives many of these. */
const ANSWER_MS = 500;

export interface RedisLedgerOptions {
  /** The ledger's own; whoever opened it closes it. Opened with a timeout of about 250 ms. */
  readonly connection: RedisConnection;
  /** Replicas of the server that must have a grant before it is given; 0 for a server without. */
  readonly replicasToConfirm: number;
  /** How long WAIT may take. */
  readonly confirmMs: number;
  /** How long an answer may take; 500 unless given. */
  readonly answerMs?: number;
}

export class RedisLedger implements Ledger {
  readonly #options: Required<RedisLedgerOptions>;

  constructor(options: RedisLedgerOptions) {
    this.#options = { answerMs: ANSWER_MS, ...options };
  }

  async sync(sync: LeaseSync): Promise<LeaseAnswer> {
    checkCommand({ kind: "sync", sync, store: ANY_STORE });
    const answer = answerFrom(await this.#run(SCRIPTS.sync, sync.account, JSON.stringify(sync)));
    if (answer.kind !== "synced" || (await this.#isConfirmed())) return answer;
    return { ...answer, kind: "unconfirmed" };
  }

  async declare(declaration: LeaseDeclaration): Promise<AccountView> {
    checkCommand({ kind: "declare", declaration, store: ANY_STORE });
    return viewFrom(await this.#run(SCRIPTS.declare, declaration.account, JSON.stringify(declaration)));
  }

  async settle(account: AccountId, settlements: readonly Settlement[]) {
    checkCommand({ kind: "settle", account, settlements });
    return listFrom(await this.#run(SCRIPTS.settle, account, JSON.stringify(settlements))).map(resultFrom);
  }

  async reap(account: AccountId, { nowMs, limit }: { readonly nowMs: number; readonly limit: number }) {
    checkCommand({ kind: "reap", account, nowMs, limit, run: "" });
    return wholeFrom(await this.#run(SCRIPTS.reap, account, nowMs, limit));
  }

  async writeOff(account: AccountId, holder: LeaseHolder) {
    checkCommand({ kind: "writeOff", account, holder });
    return wholeFrom(await this.#run(SCRIPTS.writeOff, account, leaseKey(holder)));
  }

  async view(account: AccountId) {
    const reply = await this.#run(SCRIPTS.view, account);
    return reply === null ? null : viewFrom(reply);
  }

  async close(): Promise<void> {
    // The connection ends with whoever opened it.
  }

  async #run(script: Script, account: AccountId, ...args: readonly (string | number)[]): Promise<unknown> {
    const { connection, answerMs } = this.#options;
    try {
      return await connection.run((redis) => script.run(redis, [keyOf(account)], ...args), answerMs);
    } catch (error) {
      if (!(error instanceof RedisTrouble)) throw error;
      throw new LiftgateError("ledger_unavailable", `The budget ledger cannot be reached: ${error.message}`);
    }
  }

  /** Whether the writes of this connection, the turn's among them, are on as many replicas as asked for. */
  async #isConfirmed(): Promise<boolean> {
    const { connection, replicasToConfirm, confirmMs, answerMs } = this.#options;
    if (replicasToConfirm === 0) return true;
    try {
      const replicas = await connection.run((redis) => redis.wait(replicasToConfirm, confirmMs), answerMs + confirmMs);
      return replicas >= replicasToConfirm;
    } catch (error) {
      if (error instanceof RedisTrouble) return false;
      throw error;
    }
  }
}

/** The scripts find out for themselves. */
const ANY_STORE = { run: "", token: "", mayForget: true } as const;

/** The budget is the hash tag: all its periods, and what else is kept of it, are on one node. */
function keyOf({ budget, period }: AccountId): string {
  return `liftgate:{${budget}}:ledger:${period}`;
}
