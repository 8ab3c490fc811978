import { expect, test } from "vitest";
import { Purse } from "../../../src/core/ledger/purse.ts";

test("a purse pays what it was granted, until its time is over and not at that instant", () => {
  const purse = new Purse();
  expect(purse.available(0)).toBe(0);
  purse.fill(100, 50);
  expect(purse.available(49)).toBe(100);
  purse.debit(30);
  expect(purse.available(49)).toBe(70);
  expect(purse.available(50)).toBe(0);
  expect(purse.balance).toBe(70);
  purse.fill(120, 90);
  expect(purse.available(50)).toBe(90);
});

test("a debit that was not logged comes back, what is given back does not", () => {
  const purse = new Purse();
  purse.fill(100, 50);
  purse.debit(60);
  purse.credit(60);
  purse.giveBack(40);
  expect(purse.available(0)).toBe(60);
  expect([purse.granted, purse.returned]).toEqual([100, 40]);
});

test("a stopped purse pays nothing until it is filled again", () => {
  const purse = new Purse();
  purse.fill(10, 50);
  purse.stop();
  expect(purse.available(0)).toBe(0);
  purse.fill(10, 60);
  expect(purse.available(0)).toBe(10);
});

test("it refuses to pay, take back or return more than there is", () => {
  const purse = new Purse();
  purse.fill(10, 50);
  expect(() => purse.debit(11)).toThrow("at most the balance 10, got 11");
  expect(() => purse.debit(0.5)).toThrow("safe integer");
  expect(() => purse.debit(-1)).toThrow("safe integer");
  expect(() => purse.credit(1)).toThrow("at most the 0 spent, got 1");
  expect(() => purse.giveBack(11)).toThrow("balance 10 returns, got 11");
  expect(() => purse.fill(9, 60)).toThrow("grants only grow, from 10, got 9");
});
