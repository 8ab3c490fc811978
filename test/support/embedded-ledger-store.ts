import { openEmbeddedLedger } from "../../src/adapters/memory/ledger.ts";
import type { AccountId, LeaseHolder, Settlement } from "../../src/core/domain/budget.ts";
import type { Ledger, LeaseDeclaration, LeaseSync } from "../../src/core/budget-ports.ts";
import type { LedgerStore } from "./ledger-world.ts";

/** The embedded ledger in a world where its process restarts: what it is rebuilt from is its file. */
export class EmbeddedLedgerStore implements LedgerStore {
  readonly #reopen: () => Promise<Ledger>;
  #ledger: Ledger;

  private constructor(reopen: () => Promise<Ledger>, ledger: Ledger) {
    this.#reopen = reopen;
    this.#ledger = ledger;
  }

  static async open(dataDir: string, compactBytesMin: number): Promise<EmbeddedLedgerStore> {
    const reopen = () => openEmbeddedLedger({ dataDir, durability: "process", clock: () => 0, compactBytesMin });
    return new EmbeddedLedgerStore(reopen, await reopen());
  }

  sync(sync: LeaseSync) {
    return this.#ledger.sync(sync);
  }

  declare(declaration: LeaseDeclaration) {
    return this.#ledger.declare(declaration);
  }

  settle(account: AccountId, settlements: readonly Settlement[]) {
    return this.#ledger.settle(account, settlements);
  }

  reap(account: AccountId, due: { readonly nowMs: number; readonly limit: number }) {
    return this.#ledger.reap(account, due);
  }

  writeOff(account: AccountId, holder: LeaseHolder) {
    return this.#ledger.writeOff(account, holder);
  }

  view(account: AccountId) {
    return this.#ledger.view(account);
  }

  close() {
    return this.#ledger.close();
  }

  async restart() {
    await this.#ledger.close();
    this.#ledger = await this.#reopen();
  }

  save = forgetsNothing;
  restore = forgetsNothing;
  rewind = forgetsNothing;
  erase = forgetsNothing;
}

function forgetsNothing(): Promise<never> {
  throw new Error("the embedded ledger forgets nothing");
}
