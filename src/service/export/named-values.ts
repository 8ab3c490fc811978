/** Columns that are known once all rows were seen: one for each name that occurred. */
import { LiftgateError } from "../../core/errors.ts";
import type { TableColumn } from "../../core/export-ports.ts";

type Kind = "number" | "text";

const TYPES: Readonly<Record<Kind, string>> = { number: "DOUBLE", text: "VARCHAR" };

export class NamedValues {
  readonly #object: string;
  readonly #prefix: string;
  readonly #kinds = new Map<string, Kind>();

  /** @param object the object of a line that holds the values; columns are called by its keys after the prefix */
  constructor(object: string, prefix: string) {
    this.#object = object;
    this.#prefix = prefix;
  }

  see(values: Readonly<Record<string, number | string>>): void {
    for (const name in values) {
      const known = this.#kinds.get(name);
      if (known === "text") continue;
      const kind = typeof values[name] === "number" ? "number" : "text";
      if (kind !== known) this.#kinds.set(name, kind);
    }
  }

  /**
   * By name; numbers where all values were.
   *
   * @throws LiftgateError `invalid_request` for names that differ in upper and lower case alone: tables do not
   */
  columns(): readonly TableColumn[] {
    const names = [...this.#kinds.keys()].toSorted();
    const twin = names.find((name, i) => names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) < i);
    if (twin !== undefined) {
      throw new LiftgateError("invalid_request", `${this.#object}: ${twin} is there in upper and lower case`);
    }
    return names.map((key) => ({
      name: `${this.#prefix}${key}`,
      type: TYPES[this.#kinds.get(key) ?? "text"],
      inside: { object: this.#object, key },
    }));
  }
}
