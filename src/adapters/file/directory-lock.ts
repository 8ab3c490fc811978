/**
 * One process at a time in a directory.
 *
 * The lock is the operating system's (fcntl, by way of the SQLite that comes with Node.js; no data are in the file).
 * So it ends with its process, however that ends, and nothing has to be judged stale. It also holds between
 * containers that share a volume, whose process ids mean nothing to each other, and on network file systems that
 * pass locks on (NFS 4).
 *
 * Nothing else in this process may open the lock's file: closing it would end the lock, as fcntl's rules are.
 *
 * What it cannot see: a copy of the directory, and a directory that was deleted and made again while its process
 * runs. On a file system without locks nothing starts.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const LOCK_FILE = "lock";
/** Who holds the lock, for people: the lock itself does not depend on it. */
const HOLDER_FILE = "lock-holder";
/** SQLITE_BUSY of https://www.sqlite.org/rescode.html */
const BUSY = 5;

/** A database that nobody refers to is collected as garbage, and lets go of its lock. */
const held = new Set<DatabaseSync>();

/** Another process, or another part of this one, has it. */
export class DirectoryBusy extends Error {}

export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the directory, which must exist, until it is released or this process ends.
 *
 * @throws DirectoryBusy naming the directory and who holds it, Error saying why it cannot be locked
 */
export function lockDirectory(directory: string): DirectoryLock {
  const lock = open(directory);
  try {
    // In memory: a journal file would be left behind by a process that is killed.
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw isBusy(cause) ? heldBySomebody(directory) : notLockable(directory, cause);
  }
  held.add(lock);
  const holder = join(directory, HOLDER_FILE);
  writeFileSync(holder, `process ${process.pid} on ${hostname()} since ${new Date().toISOString()}\n`, { mode: 0o600 });
  return {
    release: () => {
      rmSync(holder, { force: true });
      lock.close();
      held.delete(lock);
    },
  };
}

function open(directory: string): DatabaseSync {
  try {
    return new DatabaseSync(join(directory, LOCK_FILE));
  } catch (cause) {
    throw notLockable(directory, cause);
  }
}

function isBusy(cause: unknown): boolean {
  return cause instanceof Error && "errcode" in cause && cause.errcode === BUSY;
}

function heldBySomebody(directory: string): DirectoryBusy {
  return new DirectoryBusy(
    `${directory} is in use by ${holderOf(directory)}: every replica needs a data directory of its own`,
  );
}

/** A holder that has just begun, or just ended, has not said who it is. */
function holderOf(directory: string): string {
  try {
    return readFileSync(join(directory, HOLDER_FILE), "utf8").trim();
  } catch {
    return "another process";
  }
}

function notLockable(directory: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${directory} cannot be locked (${reason}): it must be writable, on a file system with locks`);
}
