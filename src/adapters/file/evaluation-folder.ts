/**
 * The evaluations that were asked for: a folder each, with `candidate.yaml`, `incumbent.yaml` where one was given,
 * `evaluation.json` (what was asked, and how it stands), and, once it is done, `report.json` and `report.html`.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EvaluationEntry, type EvaluationPrograms } from "../../contract/evaluations.ts";
import { replaceDurably } from "./durable-file.ts";

const ENTRY = "evaluation.json";
const CANDIDATE = "candidate.yaml";
const INCUMBENT = "incumbent.yaml";

/** Where the process of an evaluation finds what it needs, and leaves what it makes. */
export interface EvaluationPaths {
  readonly candidate: string;
  /** There only where one was given. */
  readonly incumbent: string;
  readonly out: string;
  /** For what does not fit in memory. Removed when the evaluation has ended, however it did. */
  readonly scratch: string;
}

export class EvaluationFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * In the order of their ids, which is that of time. What was not kept whole is none. Rejects with what the file system
   * says where the folder is there and cannot be read.
   */
  async entries(): Promise<readonly EvaluationEntry[]> {
    await mkdir(this.#folder, { recursive: true });
    const found = await Promise.all((await readdir(this.#folder)).toSorted().map((id) => this.#entry(id)));
    return found.filter((entry) => entry !== null);
  }

  /** Rejects with what the file system says. */
  async add(entry: EvaluationEntry, { candidate, incumbent }: EvaluationPrograms): Promise<void> {
    const paths = this.pathsOf(entry.evaluationId);
    await mkdir(paths.out, { recursive: true });
    await writeFile(paths.candidate, candidate);
    if (incumbent !== undefined) await writeFile(paths.incumbent, incumbent);
    await this.save(entry);
  }

  async save(entry: EvaluationEntry): Promise<void> {
    await replaceDurably(join(this.#folder, entry.evaluationId, ENTRY), Buffer.from(JSON.stringify(entry)));
  }

  async remove(evaluationId: string): Promise<void> {
    await rm(join(this.#folder, evaluationId), { recursive: true, force: true });
  }

  async tidy(evaluationId: string): Promise<void> {
    await rm(this.pathsOf(evaluationId).scratch, { recursive: true, force: true });
  }

  /** The text of a report, as the process of the evaluation wrote it. */
  report(evaluationId: string, form: "json" | "html"): Promise<string> {
    return readFile(join(this.#folder, evaluationId, `report.${form}`), "utf8");
  }

  pathsOf(evaluationId: string): EvaluationPaths {
    const out = join(this.#folder, evaluationId);
    return {
      out,
      candidate: join(out, CANDIDATE),
      incumbent: join(out, INCUMBENT),
      scratch: join(out, "scratch"),
    };
  }

  async #entry(evaluationId: string): Promise<EvaluationEntry | null> {
    try {
      const text = await readFile(join(this.#folder, evaluationId, ENTRY), "utf8");
      const parsed = EvaluationEntry.safeParse(JSON.parse(text));
      return parsed.success && parsed.data.evaluationId === evaluationId ? parsed.data : null;
    } catch {
      return null;
    }
  }
}
