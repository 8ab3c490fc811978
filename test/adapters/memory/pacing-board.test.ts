import { expect, test } from "vitest";
import { MemoryPacingBoard } from "../../../src/adapters/memory/pacing-board.ts";
import { describePacingBoard } from "../../contracts/pacing-board.ts";

describePacingBoard("memory", async () => new MemoryPacingBoard());

test("prices of epochs long past are forgotten", async () => {
  const board = new MemoryPacingBoard();
  const id = { budget: "summer", name: "prices" };
  for (let epoch = 0; epoch < 2_000; epoch++) await board.publish(id, epoch, `${epoch}`);
  expect(await board.read(id, 0)).toBeNull();
  expect(await board.read(id, 1_999)).toBe("1999");
});
