/** What every pacing board must do, run against each adapter. */
import { describe, expect, test } from "vitest";
import type { BoardDelta, PacingBoard } from "../../src/core/ports.ts";

const BOARD = { budget: "summer", name: "reactivation-email:2026-11:efficiency" };
const A = { replica: "a", life: 1 };
const B = { replica: "b", life: 1 };

function delta(change: Partial<BoardDelta>): BoardDelta {
  return { writer: A, turn: 1, size: 4, added: [], ...change };
}

export function describePacingBoard(name: string, create: () => Promise<PacingBoard>): void {
  describe(`the ${name} pacing board`, () => {
    test("adds what the replicas bring and answers the sums of all", async () => {
      const board = await create();
      expect(await board.exchange(BOARD, delta({}))).toEqual(Float64Array.of(0, 0, 0, 0));
      await board.exchange(
        BOARD,
        delta({
          turn: 2,
          added: [
            [0, 0.1],
            [3, 2.5],
          ],
        }),
      );
      const sums = await board.exchange(
        BOARD,
        delta({
          writer: B,
          added: [
            [0, 0.2],
            [1, -1e-9],
            [0, 1e6],
          ],
        }),
      );
      // To the bit: the sums of IEEE doubles in this order.
      expect(sums).toEqual(Float64Array.of(0.1 + 0.2 + 1e6, -1e-9, 0, 2.5));
    });

    test("a turn asked again counts once, and so does one that comes late", async () => {
      const board = await create();
      const first = delta({ added: [[2, 5]] });
      await board.exchange(BOARD, first);
      expect(await board.exchange(BOARD, first)).toEqual(Float64Array.of(0, 0, 5, 0));
      await board.exchange(BOARD, delta({ turn: 3, added: [[2, 1]] }));
      expect(await board.exchange(BOARD, delta({ turn: 2, added: [[2, 100]] }))).toEqual(Float64Array.of(0, 0, 6, 0));
    });

    test("boards and budgets do not mix", async () => {
      const board = await create();
      await board.exchange(BOARD, delta({ added: [[2, 5]] }));
      expect(await board.exchange({ ...BOARD, name: "other" }, delta({}))).toEqual(new Float64Array(4));
      expect(await board.exchange({ ...BOARD, budget: "winter" }, delta({}))).toEqual(new Float64Array(4));
    });

    test("the first prices of an epoch are everybody's", async () => {
      const board = await create();
      expect(await board.read(BOARD, 7)).toBeNull();
      expect(await board.publish(BOARD, 7, '{"lambda":0.31}')).toBe('{"lambda":0.31}');
      expect(await board.publish(BOARD, 7, '{"lambda":0.29}')).toBe('{"lambda":0.31}');
      expect(await board.publish(BOARD, 8, '{"lambda":0.29}')).toBe('{"lambda":0.29}');
      expect(await board.read(BOARD, 7)).toBe('{"lambda":0.31}');
    });

    test("what cannot be added is refused whole", async () => {
      const board = await create();
      for (const [index, amount] of [
        [4, 1],
        [-1, 1],
        [0, Number.NaN],
        [0, Infinity],
      ] as const) {
        await expect(
          board.exchange(
            BOARD,
            delta({
              added: [
                [1, 1],
                [index, amount],
              ],
            }),
          ),
        ).rejects.toThrow("a finite amount");
      }
      await board.exchange(BOARD, delta({ added: [[3, 1]] }));
      await expect(board.exchange(BOARD, delta({ turn: 2, size: 2 }))).rejects.toThrow("agree on a size");
      expect(await board.exchange(BOARD, delta({ turn: 2 }))).toEqual(Float64Array.of(0, 0, 0, 1));
    });
  });
}
