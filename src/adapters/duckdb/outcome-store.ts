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
  #appender: DuckDBAppender | null = null;
  #ids: string[] = [];
  #texts: string[] = [];
  #isEmpty = true;
  #exposures = 0;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Exposures among the outcomes. */
  get exposures(): number {
    return this.#exposures;
  }

  /** Takes a line of the outcome log; what is wrong with it, or null. */
  async add(line: object): Promise<string | null> {
    const parsed = OutcomeLine.safeParse(line);
    if (!parsed.success) return `not an outcome record: ${parsed.error.issues[0]?.path.join(".") ?? ""}`;
    this.#exposures += Number(parsed.data.type === "exposure");
    this.#ids.push(parsed.data.decisionId);
    this.#texts.push(JSON.stringify(parsed.data));
    if (this.#ids.length === VECTOR) await this.#flush();
    return null;
  }

  /** To be called after the last line. */
  async seal(): Promise<void> {
    await this.#flush();
    if (this.#appender === null) return;
    this.#appender.closeSync();
    this.#isEmpty = false;
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

  async #flush(): Promise<void> {
    if (this.#ids.length === 0) return;
    if (this.#appender === null) {
      await this.#workspace.connection.run("CREATE TABLE told (id VARCHAR, text VARCHAR)");
      this.#appender = await this.#workspace.connection.createAppender("told");
    }
    const chunk = DuckDBDataChunk.create([VARCHAR, VARCHAR], this.#ids.length);
    chunk.setColumns([this.#ids, this.#texts]);
    this.#appender.appendDataChunk(chunk);
    this.#ids = [];
    this.#texts = [];
  }
}
