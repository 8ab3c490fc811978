/**
 * The audit log of promotions: lines that are only ever added, each with the digest of the line before. Changing a
 * line, or taking one out, shows at the next read; cutting off the end does not, which the program files show.
 *
 * A line that a crash left unfinished was never acted upon: it is not read, and the next line takes its place.
 */
import { open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { AuditEntry } from "../../contract/audit.ts";
import { LiftgateError } from "../../core/errors.ts";
import { syncFolder } from "./durable-file.ts";
import { digestOf } from "./read-program.ts";

const NEW_LINE = 0x0a;

export class AuditLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Every entry, oldest first.
   *
   * @throws LiftgateError `audit_log_broken` naming the first line that does not follow from those before it
   */
  async entries(): Promise<readonly AuditEntry[]> {
    return this.#parse(linesOf(await this.#read()));
  }

  /** Resolves when the line is on disk. Only one at a time. */
  async append(entry: Omit<AuditEntry, "schema" | "previous">): Promise<void> {
    const bytes = await this.#read();
    const lines = linesOf(bytes);
    this.#parse(lines);
    const line = AuditEntry.parse({ schema: "liftgate.audit.v1", ...entry, previous: digestOfLast(lines) });
    const handle = await open(this.#path, "a");
    try {
      await handle.truncate(bytes.lastIndexOf(NEW_LINE) + 1);
      await handle.writeFile(`${JSON.stringify(line)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(dirname(this.#path));
  }

  async #read(): Promise<Buffer> {
    try {
      return await readFile(this.#path);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
      throw error;
    }
  }

  #parse(lines: readonly string[]): readonly AuditEntry[] {
    return lines.map((line, i) => {
      const entry = entryIn(line);
      if (entry?.previous !== digestOfLast(lines.slice(0, i))) {
        throw new LiftgateError(
          "audit_log_broken",
          `${this.#path}, line ${i + 1} does not follow from the lines before it: restore it from a backup`,
        );
      }
      return entry;
    });
  }
}

/** Finished ones only. */
function linesOf(bytes: Buffer): readonly string[] {
  return bytes
    .toString("utf8", 0, bytes.lastIndexOf(NEW_LINE) + 1)
    .split("\n")
    .slice(0, -1);
}

function digestOfLast(lines: readonly string[]): string | null {
  const last = lines.at(-1);
  return last === undefined ? null : digestOf(Buffer.from(last));
}

function entryIn(line: string): AuditEntry | null {
  try {
    return AuditEntry.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
