/** Lets go of what the index has kept for long enough, a little at a time. */
import type { IndexTable } from "../core/index-ports.ts";

export interface AgingTable {
  readonly table: IndexTable;
  readonly keptMs: number;
  /** When the entry came to be, ms since 1970. */
  readonly timeOf: (key: string, value: string) => number;
}

/** Entries looked at in one step: some 5 ms. */
const STEP = 1_000;
/** Below and above every key. */
const FIRST = "\u0001";
const LAST = "~~";

export class IndexSweep {
  readonly #tables: readonly AgingTable[];
  /** Where each table's next step begins. */
  readonly #next: string[];

  constructor(tables: readonly AgingTable[]) {
    this.#tables = tables;
    this.#next = tables.map(() => FIRST);
  }

  /** Called again and again it gets round all tables. */
  step(nowMs: number): void {
    for (const [i, { table, keptMs, timeOf }] of this.#tables.entries()) {
      let seen = 0;
      for (const [key, value] of table.range({ from: this.#next[i] ?? FIRST, to: LAST, limit: STEP })) {
        if (timeOf(key, value) < nowMs - keptMs) table.delete(key);
        this.#next[i] = key;
        seen += 1;
      }
      if (seen < STEP) this.#next[i] = FIRST;
    }
  }
}
