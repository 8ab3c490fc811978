/** What promotions and rollbacks need of the program files. */
import type { AuditEntry } from "../../contract/audit.ts";
import type { CanaryText } from "../../contract/canary-file.ts";
import type { ProgramText } from "../../contract/program-file.ts";
import type { Fault, Opened } from "../../core/ports.ts";

/** A change of what is live, as it is told to the audit log before it is made. */
export type Change = Omit<AuditEntry, "schema" | "previous">;

export interface RolloutStore {
  /** Runs what only reads. Throws `program_store_unavailable`. */
  look<T>(task: () => Promise<T>): Promise<T>;
  /** Runs a change while nobody else may. Throws `rollout_under_way`, `program_store_unavailable`. */
  change<T>(task: () => Promise<T>): Promise<T>;
  /** The program in its file; null when there is no file. */
  live(id: string): Promise<Opened<ProgramText> | null>;
  /** A program that was kept. */
  archived(digest: string): Promise<Opened<ProgramText>>;
  keep(text: ProgramText): Promise<void>;
  /** Puts the program in its file, old or new at every moment. */
  put(text: ProgramText): Promise<void>;
  /** The canary of a program; null when it has none. */
  canary(id: string): Promise<Opened<CanaryText> | null>;
  /** Its program must have been kept. */
  putCanary(canary: CanaryText): Promise<void>;
  removeCanary(id: string): Promise<void>;
  readonly audit: {
    /** Oldest first. Throws `audit_log_broken`. */
    entries(): Promise<readonly AuditEntry[]>;
    append(change: Change): Promise<void>;
  };
}

/** A program as the service would load it now. */
export interface Checked {
  /** Of this program, and of others that could not be loaded beside it. */
  readonly faults: readonly Fault[];
  /** Digests of the models that serve, by `name@version`. */
  readonly models: ReadonlyMap<string, string>;
}

export function versionOf({ digest, file }: ProgramText): AuditEntry["to"] {
  return { version: file.version, digest };
}
