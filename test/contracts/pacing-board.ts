/** What every pacing board must do, run against each adapter. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { PacingBoard } from "../../src/core/budget-ports.ts";

export const ACCOUNT = { budget: "spring-mail", period: "2026-11@Europe/Berlin" };

/** @param open two views of one empty board, as two replicas have; the suite closes them */
export function describePacingBoard(name: string, open: () => Promise<readonly [PacingBoard, PacingBoard]>): void {
  async function emptyBoard(): Promise<readonly [PacingBoard, PacingBoard]> {
    const views = await open();
    onTestFinished(async () => {
      for (const view of views) await view.close();
    });
    return views;
  }

  describe(`${name} as a pacing board`, () => {
    test("adds what each replica tells, and answers all of it", async () => {
      const [one, other] = await emptyBoard();
      expect(await one.add(ACCOUNT, { arrivals: 2, "demand:7": 0.25 })).toEqual({ arrivals: 2, "demand:7": 0.25 });
      expect(await other.add(ACCOUNT, { arrivals: 3, "hour:5": 1 })).toEqual({
        arrivals: 5,
        "demand:7": 0.25,
        "hour:5": 1,
      });
      expect(await one.add(ACCOUNT, {})).toMatchObject({ arrivals: 5 });
      expect(await one.add(ACCOUNT, { arrivals: -5, "demand:7": 1e-9 })).toMatchObject({ arrivals: 0 });
    });

    test("keeps accounts apart", async () => {
      const [board] = await emptyBoard();
      await board.add(ACCOUNT, { arrivals: 2 });
      await board.publish(ACCOUNT, { name: "prices", rank: 1, body: "one" });
      const next = { ...ACCOUNT, period: "2026-12@Europe/Berlin" };
      expect(await board.add(next, {})).toEqual({});
      expect(await board.read(next, "prices")).toBeNull();
    });

    test("lets the highest rank stand, and of equal ranks the first", async () => {
      const [one, other] = await emptyBoard();
      const first = { name: "prices", rank: 7, body: '{"text":"a b\\n"}' };
      expect(await one.publish(ACCOUNT, first)).toEqual(first);
      expect(await other.publish(ACCOUNT, { ...first, body: "later" })).toEqual(first);
      expect(await other.publish(ACCOUNT, { ...first, rank: 6, body: "older" })).toEqual(first);
      expect(await one.read(ACCOUNT, "prices")).toEqual(first);
      const next = { ...first, rank: 10, body: "" };
      expect(await other.publish(ACCOUNT, next)).toEqual(next);
      expect(await one.read(ACCOUNT, "prices")).toEqual(next);
      expect(await one.read(ACCOUNT, "history")).toBeNull();
    });
  });
}
