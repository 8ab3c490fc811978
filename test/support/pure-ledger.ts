/** The pure machine behind the port, without any file: for histories by the hundred thousand. */
import { LEDGER_LINE, placeLine, snapshotLines } from "../../src/adapters/memory/ledger-lines.ts";
import type { AccountId, LeaseHolder, Settlement } from "../../src/core/domain/budget.ts";
import {
  type Accounts,
  accountView,
  applyDeclare,
  applyReap,
  applySettle,
  applySync,
  applyWriteOff,
  type LedgerCommand,
} from "../../src/core/ledger/accounts.ts";
import { checkCommand } from "../../src/core/ledger/check-command.ts";
import type { LeaseDeclaration, LeaseSync } from "../../src/core/budget-ports.ts";
import type { LedgerStore } from "./ledger-world.ts";

/** A store that forgets when it is told to. */
export class PureLedgerStore implements LedgerStore {
  #accounts: Accounts = new Map();
  #saved: readonly string[] = [];
  #run = 1;
  #tokens = 0;

  async sync(sync: LeaseSync) {
    return applySync(this.#accounts, checked({ kind: "sync", sync, store: this.#store() }));
  }

  async declare(declaration: LeaseDeclaration) {
    return applyDeclare(this.#accounts, checked({ kind: "declare", declaration, store: this.#store() }));
  }

  async settle(account: AccountId, settlements: readonly Settlement[]) {
    return applySettle(this.#accounts, checked({ kind: "settle", account, settlements }));
  }

  async reap(account: AccountId, due: { readonly nowMs: number; readonly limit: number }) {
    return applyReap(this.#accounts, checked({ kind: "reap", account, ...due, run: `run-${this.#run}` }));
  }

  async writeOff(account: AccountId, holder: LeaseHolder) {
    return applyWriteOff(this.#accounts, checked({ kind: "writeOff", account, holder }));
  }

  async view(account: AccountId) {
    return accountView(this.#accounts, account);
  }

  async close() {}

  async save() {
    this.#saved = [...snapshotLines(this.#accounts, Number.NEGATIVE_INFINITY)];
  }

  async restore() {
    await this.rewind();
    await this.restart();
  }

  async rewind() {
    this.#accounts = new Map();
    for (const text of this.#saved) {
      const line = LEDGER_LINE.parse(text.trimEnd());
      if (line === null) throw new Error("the copy cannot be read back");
      placeLine(this.#accounts, line);
    }
  }

  async restart() {
    this.#run++;
  }

  async erase() {
    this.#accounts = new Map();
  }

  #store() {
    return { run: `run-${this.#run}`, token: `recovery-${++this.#tokens}`, mayForget: true };
  }
}

function checked<C extends LedgerCommand>(command: C): C {
  checkCommand(command);
  return command;
}
