/** What `export` needs: logs, programs, a place for outcomes, and one for what is written. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeTables } from "../adapters/duckdb/make-tables.ts";
import { OutcomeStore } from "../adapters/duckdb/outcome-store.ts";
import { Workspace } from "../adapters/duckdb/workspace.ts";
import { type LogEntry, type ReadProgress, readSegments } from "../adapters/file/read-segments.ts";
import { segmentsIn } from "../adapters/file/segments-in.ts";
import { UnfinishedFile } from "../adapters/file/unfinished-file.ts";
import type { ExportSink } from "../core/export-ports.ts";
import type { Config } from "../ops/config.ts";
import type { OpenProgram } from "../service/check-record.ts";
import { archivedPrograms } from "./offline.ts";

export interface ExportPaths {
  /** Segments, or folders of segments; null: those of DATA_DIR. */
  readonly decisions: readonly string[] | null;
  readonly outcomes: readonly string[] | null;
  readonly out: string;
  /** Whether the lines are the export, or tables are made of them. */
  readonly made: "lines" | "tables";
}

/** All lines of a log, in order. */
export type ReadLog = (onProgress: (progress: ReadProgress) => void) => AsyncIterable<LogEntry>;

/** To be disposed of: what does not fit in memory is in a folder. */
export interface ExportParts {
  readonly decisions: ReadLog;
  readonly outcomes: ReadLog;
  readonly store: OutcomeStore;
  readonly openProgram: OpenProgram;
  readonly sink: ExportSink;
  readonly [Symbol.dispose]: () => void;
}

export async function composeExport(config: Config, paths: ExportPaths): Promise<ExportParts> {
  const { out, made } = paths;
  const decisions = await segmentsIn(paths.decisions ?? [join(config.DATA_DIR, "decisions")]);
  const outcomes = await segmentsIn(
    paths.outcomes ?? [join(config.DATA_DIR, "outcomes")].filter((path) => existsSync(path)),
  );
  const workspace = await Workspace.open();
  const lines = made === "lines" ? out : join(workspace.folder, "lines.ndjson");
  const file = new UnfinishedFile(lines);
  return {
    decisions: (onProgress) => readSegments(decisions, onProgress),
    outcomes: (onProgress) => readSegments(outcomes, onProgress),
    store: await OutcomeStore.open(workspace),
    openProgram: archivedPrograms(config),
    sink: {
      write: (some) => file.write(`${some.join("\n")}\n`),
      finish: async (tables) => {
        await file.finish();
        if (tables !== null) await makeTables(workspace, lines, { out, tables });
      },
    },
    [Symbol.dispose]: () => {
      file[Symbol.dispose]();
      workspace.close();
    },
  };
}
