/**
 * What a replica spent under a lease, as its own decision log proves it, and what came of it, as its outcome log does.
 * Decisions are found by the lease's name in the bytes, so that a log of gigabytes is read at the disk's pace and only
 * what is meant is parsed.
 */
import {
  type AccountId,
  type LeaseHolder,
  partsOf,
  type Reservation,
  type Settlement,
} from "../../core/domain/budget.ts";
import type { DecisionRecord, RecordedReservation } from "../../core/domain/record.ts";
import type { SpendingHistory } from "../../core/budget-ports.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import { readBlocks, readSegments } from "./read-segments.ts";
import { DamagedSegmentError } from "./segment-bytes.ts";
import { listSegments } from "./segment-name.ts";

const LINE_FEED = 0x0a;

export class LoggedSpending implements SpendingHistory {
  readonly #folders: LogFolders;
  readonly #owed: (outcome: OutcomeRecord) => OwedIn | null;

  /** @param owed what an outcome owes; null where it moves no money, or its decision is not known */
  constructor(folders: LogFolders, owed: (outcome: OutcomeRecord) => OwedIn | null) {
    this.#folders = folders;
    this.#owed = owed;
  }

  /**
   * Of an account that counts a volume: 1 for each offer, or what it spent on exploration. Throws `log_unavailable`
   * when the log cannot be read, or a record of the lease, or any segment is damaged: then what was spent is not known.
   */
  async *reservations(account: AccountId, { replica, life }: LeaseHolder): AsyncGenerator<Reservation, void> {
    const lease = `${replica}/${life}`;
    for (const { path, form } of await listSegments(this.#folders.decisions, "decisions")) {
      if (form === "damaged") throw unknown(path);
      yield* await spentInSegment({ path, lease, account });
    }
  }

  async *settlements(account: AccountId): AsyncGenerator<Settlement, void> {
    const segments = await listSegments(this.#folders.outcomes, "outcomes");
    for await (const entry of readSegments(segments.map(({ path }) => path))) {
      const owed = entry.kind === "record" ? this.#owed(entry.record as OutcomeRecord) : null;
      if (owed?.account.budget === account.budget && owed.account.period === account.period) yield owed.settlement;
    }
  }
}

/** Where the two logs are. */
export interface LogFolders {
  readonly decisions: string;
  readonly outcomes: string;
}

interface OwedIn {
  readonly account: AccountId;
  readonly settlement: Settlement;
}

interface Sought {
  readonly path: string;
  readonly lease: string;
  readonly account: AccountId;
}

/** All at once: only at its end does a compressed segment say whether it is right, and what was told stays told. */
async function spentInSegment(sought: Sought): Promise<readonly Reservation[]> {
  const spent: Reservation[] = [];
  try {
    for await (const block of readBlocks(sought.path)) if (!block.torn) spent.push(...spentIn(block.bytes, sought));
  } catch (cause) {
    // Deleted between listing and reading: retention keeps what a budget may still need.
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw cause instanceof DamagedSegmentError ? unknown(sought.path) : cause;
  }
  return spent;
}

function* spentIn(lines: Buffer, { path, lease, account }: Sought): Generator<Reservation, void> {
  const named = Buffer.from(`"lease":"${lease}"`, "latin1");
  for (let hit = lines.indexOf(named); hit !== -1;) {
    const end = lines.indexOf(LINE_FEED, hit);
    const line = lines.toString("utf8", lines.lastIndexOf(LINE_FEED, hit) + 1, end);
    const { reservation } = recordOf(line, path);
    // Other text may hold the name, for one in the caller's context.
    const spent = reservation?.lease === lease ? spentFrom(reservation, account) : null;
    if (spent !== null) yield spent;
    hit = lines.indexOf(named, end);
  }
}

/** A parser's own words would quote the record, users and all. */
function recordOf(line: string, path: string): DecisionRecord {
  try {
    return JSON.parse(line);
  } catch {
    throw unknown(path);
  }
}

function unknown(path: string): LiftgateError {
  return new LiftgateError("log_unavailable", `${path} has a damaged record: what was spent is not known`);
}

function spentFrom(recorded: RecordedReservation, account: AccountId): Reservation | null {
  const { money, volume } = partsOf(account);
  if (recorded.account !== `${money.budget}/${money.period}`) return null;
  const expiresAtMs = Date.parse(recorded.expiresAt);
  if (volume === null) {
    return { id: recorded.id, amount: recorded.amountMicros, fixed: recorded.fixedMicros, expiresAtMs };
  }
  const amount = countedIn(volume, recorded);
  return amount === null ? null : { id: recorded.id, amount, fixed: 0, expiresAtMs };
}

function countedIn(volume: string, { volumes, exploration }: RecordedReservation): number | null {
  if (exploration?.volume === volume) return exploration.amountMicros;
  return volumes.includes(volume) ? 1 : null;
}
