/**
 * The program files as promotions and rollbacks change them, one change at a time.
 *
 * Beside them, in `.rollout`, is what the changes stand on: the audit log, and every program that was ever replaced
 * or put there, byte for byte. It is in PROGRAMS_DIR, not in DATA_DIR, so that every replica that shares the programs
 * can roll back what another one, or the command line, has promoted.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CanaryText } from "../../contract/canary-file.ts";
import type { ProgramText } from "../../contract/program-file.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { Opened } from "../../core/ports.ts";
import { AuditLog } from "./audit-log.ts";
import { removeCanary, ROLLOUT_FOLDER, writeCanary } from "./canary-file.ts";
import { DirectoryBusy, type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { replaceDurably } from "./durable-file.ts";
import { ProgramArchive } from "./program-archive.ts";
import { ProgramFolder } from "./program-folder.ts";

export class RolloutFolder {
  readonly audit: AuditLog;
  readonly #folder: string;
  readonly #beside: string;
  readonly #programs: ProgramFolder;
  readonly #archive: ProgramArchive;

  constructor(folder: string) {
    this.#folder = folder;
    this.#beside = join(folder, ROLLOUT_FOLDER);
    this.#programs = new ProgramFolder(folder);
    this.#archive = new ProgramArchive(this.#beside);
    this.audit = new AuditLog(join(this.#beside, "audit.ndjson"));
  }

  /** @throws LiftgateError `program_store_unavailable` where the folder cannot be read or written */
  async look<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw isOfFileSystem(error) ? unavailable(error) : error;
    }
  }

  /**
   * Runs a change while nobody else may, in this process or another.
   *
   * @throws LiftgateError `rollout_under_way`, `program_store_unavailable` where the folder cannot be written
   */
  async change<T>(task: () => Promise<T>): Promise<T> {
    const lock = await this.#lock();
    try {
      return await this.look(task);
    } finally {
      lock.release();
    }
  }

  /** The program in its file; null when there is no file. */
  async live(id: string): Promise<Opened<ProgramText> | null> {
    return (await this.#programs.list()).includes(id) ? await this.#programs.read(id) : null;
  }

  /** A program that was kept, verified. */
  archived(digest: string): Promise<Opened<ProgramText>> {
    return this.#archive.open(digest);
  }

  keep(text: ProgramText): Promise<void> {
    return this.#archive.keep(text);
  }

  /** Puts the program in its file, old or new at every moment. */
  put({ id, bytes }: ProgramText): Promise<void> {
    return replaceDurably(join(this.#folder, `${id}.yaml`), bytes);
  }

  /** The canary of a program; null when it has none. */
  canary(id: string): Promise<Opened<CanaryText> | null> {
    return this.#programs.canary(id);
  }

  putCanary(canary: CanaryText): Promise<void> {
    return writeCanary(this.#folder, canary);
  }

  removeCanary(id: string): Promise<void> {
    return removeCanary(this.#folder, id);
  }

  async #lock(): Promise<DirectoryLock> {
    try {
      await mkdir(this.#beside, { recursive: true });
      return lockDirectory(this.#beside);
    } catch (error) {
      if (error instanceof DirectoryBusy) throw new LiftgateError("rollout_under_way");
      throw unavailable(error);
    }
  }
}

function unavailable(cause: unknown): LiftgateError {
  return new LiftgateError("program_store_unavailable", cause instanceof Error ? cause.message : String(cause));
}

/** EROFS, EACCES, ENOSPC and the like. */
function isOfFileSystem(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
