import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** What DuckDB may hold in memory; beyond it, it spills to the workspace's folder. */
const MEMORY_MAX = "600MB";
const THREADS = "2";

/**
 * A database for reading and writing files, and a folder for everything that does not fit in memory. The folder
 * is removed with the workspace, also after a failure.
 */
export class Workspace {
  readonly folder: string;
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;

  private constructor(folder: string, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.folder = folder;
    this.#instance = instance;
    this.connection = connection;
  }

  static async open(parent = tmpdir()): Promise<Workspace> {
    const folder = await mkdtemp(join(parent, "liftgate-allocate-"));
    try {
      const instance = await DuckDBInstance.create(":memory:", {
        memory_limit: MEMORY_MAX,
        temp_directory: join(folder, "spill"),
        threads: THREADS,
        // Order is asked for where it matters; keeping it elsewhere costs memory.
        preserve_insertion_order: "false",
        // Files are all it reads: nothing is fetched.
        autoinstall_known_extensions: "false",
        allow_community_extensions: "false",
      });
      return new Workspace(folder, instance, await instance.connect());
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.closeSync();
    this.#instance.closeSync();
    await rm(this.folder, { recursive: true, force: true });
  }
}
