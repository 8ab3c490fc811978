/** Named values of decisions, as columns: facts, and what the caller said of the context. */

/** One name over the rows of a block. A row has a number, or a label, or nothing. */
export interface NamedColumn {
  readonly name: string;
  /** NaN: no number. */
  readonly numbers: Float32Array;
  /** Position in `labels`; −1: no label. */
  readonly label: Int32Array;
  readonly labels: readonly string[];
}

/** Names beyond it are not kept: memory is by name and row. */
const NAMES_MAX = 64;
/** Labels of one name beyond it count as one: who has as many is an id. */
const LABELS_MAX = 64;
const OTHER_LABEL = "(other)";

interface Growing {
  readonly numbers: Float32Array;
  readonly label: Int32Array;
  readonly labels: Map<string, number>;
}

export class NamedColumns {
  readonly #capacity: number;
  readonly #columns = new Map<string, Growing>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Keeps the row's values; a name of several kinds keeps each as it is. */
  add(row: number, values: Readonly<Record<string, number | string | boolean>>): void {
    for (const name in values) {
      const value = values[name];
      if (value === undefined) continue;
      const column = this.#columns.get(name) ?? this.#open(name);
      if (column === null) continue;
      if (typeof value === "number") column.numbers[row] = value;
      else column.label[row] = codeOf(column.labels, String(value));
    }
  }

  /** The first rows of every column, which are empty then. */
  take(rows: number): readonly NamedColumn[] {
    return [...this.#columns].map(([name, { numbers, label, labels }]) => {
      const taken = { name, numbers: numbers.slice(0, rows), label: label.slice(0, rows), labels: [...labels.keys()] };
      numbers.fill(NaN);
      label.fill(-1);
      return taken;
    });
  }

  #open(name: string): Growing | null {
    if (this.#columns.size >= NAMES_MAX) return null;
    const column = {
      numbers: new Float32Array(this.#capacity).fill(NaN),
      label: new Int32Array(this.#capacity).fill(-1),
      labels: new Map<string, number>(),
    };
    this.#columns.set(name, column);
    return column;
  }
}

function codeOf(labels: Map<string, number>, label: string): number {
  const known = labels.get(label);
  if (known !== undefined) return known;
  if (labels.size >= LABELS_MAX && label !== OTHER_LABEL) return codeOf(labels, OTHER_LABEL);
  labels.set(label, labels.size);
  return labels.size - 1;
}
