import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { invariant } from "../../core/errors.ts";

/** What DuckDB may hold in memory; beyond it, it spills to the workspace's folder. */
const MEMORY_MAX = "600MB";
const THREADS = "2";
/** While DuckDB still writes to the folder, removing it has to be tried again. */
const REMOVAL = { recursive: true, force: true, maxRetries: 5 } as const;

/**
 * A database for reading and writing files, and a folder for everything that does not fit in memory. The folder
 * is removed with the workspace, and when the process exits before.
 */
export class Workspace {
  readonly folder: string;
  readonly #removeFolder: () => void;
  #instance: DuckDBInstance | undefined;
  #connection: DuckDBConnection | undefined;

  private constructor(parent: string) {
    // In one go: no signal is handled between making the folder and promising to remove it.
    const folder = mkdtempSync(join(parent, "liftgate-allocate-"));
    this.folder = folder;
    this.#removeFolder = () => rmSync(folder, REMOVAL);
    process.once("exit", this.#removeFolder);
  }

  static async open(parent = tmpdir()): Promise<Workspace> {
    const workspace = new Workspace(parent);
    try {
      await workspace.#connect();
      return workspace;
    } catch (error) {
      workspace.close();
      throw error;
    }
  }

  get connection(): DuckDBConnection {
    invariant(this.#connection !== undefined, "expected a workspace that is open");
    return this.#connection;
  }

  /** Again: nothing happens. */
  close(): void {
    this.#connection?.closeSync();
    this.#connection = undefined;
    this.#instance?.closeSync();
    this.#instance = undefined;
    this.#removeFolder();
    process.off("exit", this.#removeFolder);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #connect(): Promise<void> {
    this.#instance = await DuckDBInstance.create(":memory:", {
      memory_limit: MEMORY_MAX,
      temp_directory: join(this.folder, "spill"),
      threads: THREADS,
      // Order is asked for where it matters; keeping it elsewhere costs memory.
      preserve_insertion_order: "false",
      // Files are all it reads: nothing is fetched.
      autoinstall_known_extensions: "false",
      allow_community_extensions: "false",
    });
    this.#connection = await this.#instance.connect();
  }
}
