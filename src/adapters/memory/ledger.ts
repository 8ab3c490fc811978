/**
 * The embedded ledger: accounts in memory, every command also in `ledger.ndjson` so that a restart has
 * them. A command is written before it is applied, and answered after both.
 *
 * Its only client is the process it lives in, so it is never behind what a replica has seen: a recovery
 * begins only if its file was replaced by an older one while the process ran.
 */
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LiftgateError } from "../../core/errors.ts";
import type { AccountId, LeaseHolder, Settlement } from "../../core/domain/budget.ts";
import {
  type Accounts,
  accountView,
  applyDeclare,
  applyReap,
  applySettle,
  applySync,
  applyWriteOff,
  type LedgerCommand,
} from "../../core/ledger/accounts.ts";
import { ENDED_KEPT_MS } from "../../core/ledger/reservation.ts";
import { checkCommand } from "../../core/ledger/check-command.ts";
import type { Ledger, LeaseDeclaration, LeaseSync } from "../../core/budget-ports.ts";
import { type JournalSync, JournalWriter, readJournal } from "./journal.ts";
import { commandLine, forgetEnded, LEDGER_LINE, placeLine, snapshotLines } from "./ledger-lines.ts";

const FILE_NAME = "ledger.ndjson";
/** The run of a store that remembers everything. */
const RUN = "embedded";
/** Below this the file is not worth writing anew. */
const COMPACT_BYTES_MIN = 64 * 1024 * 1024;

export interface EmbeddedLedgerOptions {
  /** Made if it does not exist. One process at a time. */
  readonly dataDir: string;
  /** `power`: a command is on the disk before it counts. */
  readonly durability: "process" | "power";
  /** Wall clock: how long ended reservations are kept. */
  readonly clock: () => number;
  /** The file is written anew when it is this long and twice its last snapshot; 64 MiB unless given. */
  readonly compactBytesMin?: number;
}

/** @throws Error naming the line when the file is damaged */
export async function openEmbeddedLedger(options: EmbeddedLedgerOptions): Promise<Ledger> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const path = join(options.dataDir, FILE_NAME);
  const accounts: Accounts = new Map();
  const { endBytes } = await readJournal(path, {
    form: LEDGER_LINE,
    onEntry: (line) => placeLine(accounts, line),
  });
  const sync = options.durability === "power" ? "synced" : "written";
  const file = {
    path,
    sync,
    clock: options.clock,
    compactBytesMin: options.compactBytesMin ?? COMPACT_BYTES_MIN,
  } as const;
  return new EmbeddedLedger(accounts, file, await JournalWriter.open(path, endBytes, sync));
}

interface LedgerFile {
  readonly path: string;
  readonly sync: JournalSync;
  readonly clock: () => number;
  readonly compactBytesMin: number;
}

/** A command that waits to be written. */
interface Waiting {
  readonly line: string;
  readonly apply: () => void;
  readonly refuse: (error: Error) => void;
}

class EmbeddedLedger implements Ledger {
  readonly #accounts: Accounts;
  readonly #file: LedgerFile;
  #journal: JournalWriter;
  #compactAtBytes: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #closed = false;

  constructor(accounts: Accounts, file: LedgerFile, journal: JournalWriter) {
    this.#accounts = accounts;
    this.#file = file;
    this.#journal = journal;
    this.#compactAtBytes = file.compactBytesMin;
  }

  sync(sync: LeaseSync) {
    return this.#commit({ kind: "sync", sync, store: thisRun() }, (command) => applySync(this.#accounts, command));
  }

  declare(declaration: LeaseDeclaration) {
    const command = { kind: "declare", declaration, store: thisRun() } as const;
    return this.#commit(command, () => applyDeclare(this.#accounts, command));
  }

  settle(account: AccountId, settlements: readonly Settlement[]) {
    const command = { kind: "settle", account, settlements } as const;
    return this.#commit(command, () => applySettle(this.#accounts, command));
  }

  reap(account: AccountId, { nowMs, limit }: { readonly nowMs: number; readonly limit: number }) {
    const command = { kind: "reap", account, nowMs, limit, run: RUN } as const;
    return this.#commit(command, () => applyReap(this.#accounts, command));
  }

  writeOff(account: AccountId, holder: LeaseHolder) {
    const command = { kind: "writeOff", account, holder } as const;
    return this.#commit(command, () => applyWriteOff(this.#accounts, command));
  }

  async view(account: AccountId) {
    if (this.#closed) throw unavailable("it is closed");
    return accountView(this.#accounts, account);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#journal.close();
  }

  async #commit<C extends LedgerCommand, T>(command: C, apply: (command: C) => T): Promise<T> {
    if (this.#closed) throw unavailable("it is closed");
    checkCommand(command);
    return await new Promise<T>((resolve, reject) => {
      this.#waiting.push({ line: commandLine(command), apply: () => resolve(apply(command)), refuse: reject });
      this.#writing ??= this.#writeWaiting();
    });
  }

  /** Commands that arrive in one turn of the event loop, or while others are written, are written together. */
  async #writeWaiting(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const together = this.#waiting;
      this.#waiting = [];
      await this.#write(together);
    }
    this.#writing = null;
  }

  async #write(together: readonly Waiting[]): Promise<void> {
    try {
      await this.#compactIfLong();
      await this.#journal.append(together.map(({ line }) => line).join(""));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "an unknown failure";
      for (const { refuse } of together) refuse(unavailable(`${FILE_NAME} cannot be written: ${code}`));
      return;
    }
    for (const { apply } of together) apply();
  }

  /**
   * Writes what is known now in place of how it came to be. Where there is no room for that the old file
   * goes on; if it has lost its name already it takes nothing more, and the next command tries again.
   */
  async #compactIfLong(): Promise<void> {
    const { path, sync, clock, compactBytesMin } = this.#file;
    if (this.#journal.bytes < this.#compactAtBytes) return;
    try {
      const forgetBeforeMs = clock() - ENDED_KEPT_MS;
      const next = await JournalWriter.replace(path, snapshotLines(this.#accounts, forgetBeforeMs), sync);
      forgetEnded(this.#accounts, forgetBeforeMs);
      const old = this.#journal;
      this.#journal = next;
      this.#compactAtBytes = Math.max(compactBytesMin, 2 * next.bytes);
      await old.close();
    } catch {
      this.#compactAtBytes = this.#journal.isLinked() ? this.#journal.bytes + compactBytesMin : 0;
    }
  }
}

function thisRun() {
  return { run: RUN, token: randomUUID(), mayForget: false };
}

function unavailable(reason: string): LiftgateError {
  return new LiftgateError("ledger_unavailable", `The budget ledger cannot be reached: ${reason}`);
}
