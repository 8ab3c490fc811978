/**
 * The lease book in `leases.ndjson`: who this replica is, how often it has started, and which leases its
 * lives have opened and not closed. Written anew at each start, each line on the disk before it counts:
 *
 *     {"kind":"start","replica":"0b5e…","life":7}
 *     {"kind":"opened","account":{"budget":"summer","period":"2026-11"},"life":6}
 *     {"kind":"closed","account":{"budget":"summer","period":"2026-11"},"life":6}
 *
 * It belongs to the decision log beside it. Two processes must never share it, nor a copy of it.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { AccountId, LeaseHolder } from "../../core/domain/budget.ts";
import type { LeaseBook } from "../../core/budget-ports.ts";
import { JournalWriter, type LineForm, readJournal } from "./journal.ts";
import { parseJson } from "./parse-json.ts";

const FILE_NAME = "leases.ndjson";
const LINE_BYTES_MAX = 1_024;

const Account = z.strictObject({ budget: z.string(), period: z.string() });
const Life = z.int().min(1);
const Line = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("start"), replica: z.string().min(1), life: Life }),
  z.strictObject({ kind: z.literal("opened"), account: Account, life: Life }),
  z.strictObject({ kind: z.literal("closed"), account: Account, life: Life }),
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

/** A lease that is open as far as the book knows. */
interface OpenLease {
  readonly account: AccountId;
  readonly life: number;
}

export interface OpenLeaseBook extends LeaseBook {
  /** Accounts with open leases, those of earlier lives included: what a start has to close. */
  accounts(): readonly AccountId[];
  close(): Promise<void>;
}

/** Begins the next life of the replica. @throws Error naming the line when the file is damaged */
export async function openLeaseBook({ dataDir, newReplica }: LeaseBookOptions): Promise<OpenLeaseBook> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, FILE_NAME);
  const open = new Map<string, OpenLease>();
  let holder: LeaseHolder | null = null;
  await readJournal(path, {
    form: BOOK_LINE,
    onEntry: (line) => {
      if (line.kind === "start") holder = { replica: line.replica, life: line.life };
      else if (line.kind === "opened") open.set(keyOf(line), line);
      else open.delete(keyOf(line));
    },
  });
  const next = nextLife(holder, newReplica);
  return new FileLeaseBook(next, open, await JournalWriter.replace(path, linesOf(next, open.values()), "synced"));
}

class FileLeaseBook implements OpenLeaseBook {
  readonly holder: LeaseHolder;
  readonly #open: Map<string, OpenLease>;
  readonly #journal: JournalWriter;
  /** The end of the last write: one append at a time. */
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(holder: LeaseHolder, open: Map<string, OpenLease>, journal: JournalWriter) {
    this.holder = holder;
    this.#open = open;
    this.#journal = journal;
  }

  opened(account: AccountId): readonly LeaseHolder[] {
    const { replica } = this.holder;
    return [...this.#open.values()]
      .filter((lease) => isSame(lease.account, account))
      .map(({ life }) => ({ replica, life }));
  }

  accounts(): readonly AccountId[] {
    return [...new Map([...this.#open.values()].map(({ account }) => [keyOf({ account, life: 0 }), account])).values()];
  }

  async remember(account: AccountId): Promise<void> {
    const lease = { account, life: this.holder.life };
    await this.#append({ kind: "opened", ...lease });
    this.#open.set(keyOf(lease), lease);
  }

  async forget(account: AccountId, { life }: LeaseHolder): Promise<void> {
    if (!this.#open.has(keyOf({ account, life }))) return;
    await this.#append({ kind: "closed", account, life });
    this.#open.delete(keyOf({ account, life }));
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    await this.#journal.close();
  }

  async #append(line: Line): Promise<void> {
    const written = this.#lastWrite.then(() => this.#journal.append(`${JSON.stringify(line)}\n`));
    this.#lastWrite = written.catch(() => undefined);
    await written;
  }
}

function nextLife(last: LeaseHolder | null, newReplica: () => string): LeaseHolder {
  return last === null ? { replica: newReplica(), life: 1 } : { replica: last.replica, life: last.life + 1 };
}

function* linesOf({ replica, life }: LeaseHolder, open: Iterable<OpenLease>): Generator<string> {
  const start: Line = { kind: "start", replica, life };
  yield `${JSON.stringify(start)}\n`;
  for (const lease of open) {
    const opened: Line = { kind: "opened", account: lease.account, life: lease.life };
    yield `${JSON.stringify(opened)}\n`;
  }
}

function keyOf({ account, life }: OpenLease): string {
  return `${account.budget} ${account.period} ${life}`;
}

function isSame(a: AccountId, b: AccountId): boolean {
  return a.budget === b.budget && a.period === b.period;
}
