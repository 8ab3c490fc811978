/**
 * Outcomes on disk, ordered by their decision: those of some decisions are found without reading the others.
 *
 * Decision ids begin with the time, and logs are in its order, so the decisions that are asked for together have
 * ids that are close, and DuckDB skips all blocks whose smallest and largest ids they are not between.
 */
import { type DuckDBAppender, DuckDBDataChunk, VARCHAR } from "@duckdb/node-api";
import { OutcomeLine } from "../../contract/outcome-record.ts";
import type { OutcomeRecord } from "../../core/domain/outcome.ts";
import type { Workspace } from "./workspace.ts";

/** Rows handed over at once: what DuckDB calls a vector. */
const VECTOR = 2_048;

export class OutcomeStore {
  readonly #workspace: Workspace;
  readonly #appender: DuckDBAppender;
  #ids: string[] = [];
  #texts: string[] = [];
  #isEmpty = true;
  #exposures = 0;

  private constructor(workspace: Workspace, appender: DuckDBAppender) {
    this.#workspace = workspace;
    this.#appender = appender;
  }

  static async open(workspace: Workspace): Promise<OutcomeStore> {
    await workspace.connection.run("CREATE TABLE told (id VARCHAR, text VARCHAR)");
    return new OutcomeStore(workspace, await workspace.connection.createAppender("told"));
  }

  /** Exposures among the outcomes. */
  get exposures(): number {
    return this.#exposures;
  }

  /** Takes a line of the outcome log, with its text; what is wrong with it, or null. */
  add(line: object, text: string): string | null {
    const parsed = OutcomeLine.safeParse(line);
    if (!parsed.success) return `not an outcome record: ${parsed.error.issues[0]?.path.join(".") ?? ""}`;
    this.#exposures += Number(parsed.data.type === "exposure");
    this.#ids.push(parsed.data.decisionId);
    this.#texts.push(text);
    if (this.#ids.length === VECTOR) this.#flush();
    return null;
  }

  /** To be called after the last line. */
  async seal(): Promise<void> {
    this.#flush();
    this.#appender.closeSync();
    const { connection } = this.#workspace;
    await connection.run("CREATE TABLE outcomes AS SELECT id::UUID AS id, text FROM told ORDER BY id");
    await connection.run("DROP TABLE told");
  }

  async of(decisionIds: readonly string[]): Promise<ReadonlyMap<string, readonly OutcomeRecord[]>> {
    const found = new Map<string, OutcomeRecord[]>();
    if (this.#isEmpty || decisionIds.length === 0) return found;
    const sorted = decisionIds.toSorted();
    // One text: to make a list of thousands of values takes longer than to look them up.
    const rows = await this.#workspace.connection.runAndReadAll(
      `SELECT text FROM outcomes
       WHERE id BETWEEN $first::UUID AND $last::UUID AND id IN (SELECT unnest(string_split($ids, ','))::UUID)`,
      { first: sorted.at(0) ?? "", last: sorted.at(-1) ?? "", ids: sorted.join(",") },
    );
    for (const [text] of rows.getRows()) {
      const outcome: OutcomeRecord = JSON.parse(String(text));
      const others = found.get(outcome.decisionId);
      if (others === undefined) found.set(outcome.decisionId, [outcome]);
      else others.push(outcome);
    }
    return found;
  }

  #flush(): void {
    if (this.#ids.length === 0) return;
    const chunk = DuckDBDataChunk.create([VARCHAR, VARCHAR], this.#ids.length);
    chunk.setColumns([this.#ids, this.#texts]);
    this.#appender.appendDataChunk(chunk);
    this.#ids = [];
    this.#texts = [];
    this.#isEmpty = false;
  }
}
