/** The pacing board of a single process. It is an estimate: a restart begins again at 0. */
import { invariant } from "../../core/errors.ts";
import type { BoardDelta, BoardId, PacingBoard } from "../../core/ports.ts";

/** Nobody asks for the prices of an epoch long past. */
const EPOCHS_MAX = 1_024;

interface Board {
  readonly sums: Float64Array;
  readonly turns: Map<string, number>;
}

export class MemoryPacingBoard implements PacingBoard {
  readonly #boards = new Map<string, Board>();
  /** In the order of publishing. */
  readonly #prices = new Map<string, string>();

  async exchange(id: BoardId, { writer, turn, size, added }: BoardDelta): Promise<Float64Array> {
    const board = this.#boardOf(id, size);
    const key = `${writer.replica}/${writer.life}`;
    if (turn > (board.turns.get(key) ?? 0)) {
      for (const [index, amount] of added) {
        invariant(index >= 0 && index < size && Number.isFinite(amount), `a finite amount at a place below ${size}`);
      }
      board.turns.set(key, turn);
      for (const [index, amount] of added) board.sums[index] = (board.sums[index] ?? 0) + amount;
    }
    return board.sums.slice();
  }

  async publish(id: BoardId, epoch: number, prices: string): Promise<string> {
    const key = epochKey(id, epoch);
    const first = this.#prices.get(key);
    if (first !== undefined) return first;
    this.#prices.set(key, prices);
    const [oldest] = this.#prices.keys();
    if (this.#prices.size > EPOCHS_MAX && oldest !== undefined) this.#prices.delete(oldest);
    return prices;
  }

  async read(id: BoardId, epoch: number): Promise<string | null> {
    return this.#prices.get(epochKey(id, epoch)) ?? null;
  }

  #boardOf({ budget, name }: BoardId, size: number): Board {
    const key = `${budget} ${name}`;
    const known = this.#boards.get(key);
    invariant(known === undefined || known.sums.length === size, `all writers agree on a size, not on ${size}`);
    const board = known ?? { sums: new Float64Array(size), turns: new Map<string, number>() };
    this.#boards.set(key, board);
    return board;
  }
}

function epochKey({ budget, name }: BoardId, epoch: number): string {
  return `${budget} ${name} ${epoch}`;
}
