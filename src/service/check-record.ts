/** Whether a line of the decision log is a record, and deciding it again gives the same, bit for bit. */
import { Record } from "../contract/record.ts";
import { replay } from "../core/decision/replay.ts";
import type { Program } from "../core/domain/program.ts";
import type { Opened } from "../core/ports.ts";
import type { Rescorer } from "./rescore.ts";

/** One way in which a record does not hold. */
export interface Difference {
  /** What it is counted under: the field's name, without its place in a list. */
  readonly field: string;
  readonly text: string;
}

export type OpenProgram = (digest: string) => Promise<Opened<Program>>;

export class RecordChecker {
  readonly #openProgram: OpenProgram;
  readonly #rescorer: Rescorer | null;
  /** By digest: the program, or why it cannot be had. */
  readonly #programs = new Map<string, Promise<Program | string>>();
  #scored = 0;

  /** @param rescorer runs the recorded model, too; null: the recorded scores are taken as they are */
  constructor(openProgram: OpenProgram, rescorer: Rescorer | null) {
    this.#openProgram = openProgram;
    this.#rescorer = rescorer;
  }

  /** Records whose model was run again. */
  get scored(): number {
    return this.#scored;
  }

  /** None when the record holds. */
  async differences(line: object): Promise<readonly Difference[]> {
    const parsed = Record.safeParse(line);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const text = `not a decision record: ${issue?.path.join(".") ?? ""}`;
      return [{ field: "(not a record)", text }];
    }
    const record = parsed.data;
    const { digest } = record.program;
    const opened = this.#programs.get(digest) ?? this.#open(digest);
    this.#programs.set(digest, opened);
    const program = await opened;
    if (typeof program === "string") return [{ field: "(no program)", text: program }];
    const decided = replay(record, program).map(differenceIn);
    if (this.#rescorer === null) return decided;
    const scored = await this.#rescorer.differences(record, program);
    if (scored === null) return decided;
    if (typeof scored === "string") return [...decided, { field: "(no model)", text: scored }];
    this.#scored += 1;
    return [...decided, ...scored.map(differenceIn)];
  }

  async close(): Promise<void> {
    await this.#rescorer?.close();
  }

  async #open(digest: string): Promise<Program | string> {
    const opened = await this.#openProgram(digest);
    return opened.ok ? opened.value : opened.faults.map(({ path, rule }) => `program ${path}: ${rule}`).join("; ");
  }
}

/** @example differenceIn("candidates[1].p") // { field: "candidates.p", text: "candidates[1].p" } */
function differenceIn(text: string): Difference {
  return { field: text.replace(/\[\d+\]/, ""), text };
}
