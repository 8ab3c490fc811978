/**
 * The lease book in `leases.ndjson`: who this replica is, how often it has started, and which of its
 * lives have opened leases on which accounts. It only grows, each line on the disk before it counts:
 *
 *     {"kind":"start","replica":"0b5e…","life":7}
 *     {"kind":"opened","account":{"budget":"summer","period":"2026-11"},"life":7}
 *
 * It belongs to the decision log beside it. Two processes must never share it, nor a copy of it.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { AccountId, LeaseHolder } from "../../core/domain/budget.ts";
import type { LeaseBook } from "../../core/budget-ports.ts";
import { accountKey } from "../../core/ledger/accounts.ts";
import { JournalWriter, type LineForm, readJournal } from "./journal.ts";
import { parseJson } from "./parse-json.ts";

const FILE_NAME = "leases.ndjson";
const LINE_BYTES_MAX = 1_024;

const Account = z.strictObject({ budget: z.string(), period: z.string() });
const Life = z.int().min(1);
const Line = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("start"), replica: z.string().min(1), life: Life }),
  z.strictObject({ kind: z.literal("opened"), account: Account, life: Life }),
]);
type Line = z.infer<typeof Line>;

const BOOK_LINE: LineForm<Line> = {
  bytesMax: LINE_BYTES_MAX,
  parse: (text) => Line.safeParse(parseJson(text)).data ?? null,
  remedy:
    "is not a line of the lease book: remove the file to begin as a new replica, and write off the leases of the old one",
};

export interface LeaseBookOptions {
  /** Made if it does not exist. One process at a time. */
  readonly dataDir: string;
  /** Names a replica that has none yet; never the same twice. */
  readonly newReplica: () => string;
}

export interface OpenLeaseBook extends LeaseBook {
  close(): Promise<void>;
}

type Accounts = Map<string, { readonly account: AccountId; readonly lives: number[] }>;

/** Begins the next life of the replica. @throws Error naming the line when the file is damaged */
export async function openLeaseBook({ dataDir, newReplica }: LeaseBookOptions): Promise<OpenLeaseBook> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, FILE_NAME);
  const accounts: Accounts = new Map();
  let last: LeaseHolder | null = null;
  const { endBytes } = await readJournal(path, {
    form: BOOK_LINE,
    onEntry: (line) => {
      if (line.kind === "start") last = { replica: line.replica, life: line.life };
      else note(accounts, line);
    },
  });
  const journal = await JournalWriter.open(path, endBytes, "synced");
  const holder = nextLife(last, newReplica);
  await journal.append(textOf({ kind: "start", ...holder }));
  return new FileLeaseBook(holder, accounts, journal);
}

class FileLeaseBook implements OpenLeaseBook {
  readonly holder: LeaseHolder;
  readonly #accounts: Accounts;
  readonly #journal: JournalWriter;
  /** The end of the last write: one append at a time. */
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(holder: LeaseHolder, accounts: Accounts, journal: JournalWriter) {
    this.holder = holder;
    this.#accounts = accounts;
    this.#journal = journal;
  }

  lives(account: AccountId): readonly LeaseHolder[] {
    const { replica } = this.holder;
    return (this.#accounts.get(accountKey(account))?.lives ?? []).map((life) => ({ replica, life }));
  }

  accounts(): readonly AccountId[] {
    return [...this.#accounts.values()].map(({ account }) => account);
  }

  async remember(account: AccountId): Promise<void> {
    const opened = { kind: "opened", account, life: this.holder.life } as const;
    const written = this.#lastWrite.then(() => this.#journal.append(textOf(opened)));
    this.#lastWrite = written.catch(() => undefined);
    await written;
    note(this.#accounts, opened);
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    await this.#journal.close();
  }
}

function note(accounts: Accounts, { account, life }: { readonly account: AccountId; readonly life: number }): void {
  const known = accounts.get(accountKey(account));
  if (known === undefined) accounts.set(accountKey(account), { account, lives: [life] });
  else known.lives.push(life);
}

function textOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function nextLife(last: LeaseHolder | null, newReplica: () => string): LeaseHolder {
  return last === null ? { replica: newReplica(), life: 1 } : { replica: last.replica, life: last.life + 1 };
}
