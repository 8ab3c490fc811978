import type { DecisionLog } from "../../core/ports.ts";
import { findRecord } from "./find-record.ts";
import { SegmentLog, type SegmentLogOptions } from "./segment-log.ts";

export type DecisionLogOptions = Omit<SegmentLogOptions, "kind">;

/** The segment log of decisions, in which one can be looked up. */
export class FileDecisionLog extends SegmentLog implements DecisionLog {
  readonly #directory: string;

  constructor(options: DecisionLogOptions) {
    super({ ...options, kind: "decisions" });
    this.#directory = options.directory;
  }

  find(decisionId: string): Promise<string | null> {
    return findRecord(this.#directory, decisionId);
  }
}
