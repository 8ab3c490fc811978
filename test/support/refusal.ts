/** What every refusal has in common. */
import { expect } from "vitest";
import { Problem } from "../../src/contract/problem.ts";
import { type ErrorCode, ERRORS } from "../../src/core/errors.ts";
import { CUSTOMER, PROGRAM, type TestService } from "./service.ts";

/** A text that tests put where a value goes; no answer may repeat it. */
export const SECRET = "do-not-repeat-me";
const PROBLEM_BYTES_MAX = 1_024;

/** The body is the declared problem: its code, title and status, at most 1 KiB, without the caller's values. */
export function expectProblem(text: string, code: ErrorCode): Problem {
  expect(JSON.parse(text)).toMatchObject({ code, ...ERRORS[code] });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(PROBLEM_BYTES_MAX);
  expect(text).not.toContain(SECRET);
  return Problem.parse(JSON.parse(text));
}

/** Runs a bad call: it must leave no record behind, and a good call after it must succeed. */
export async function withoutTrace<T>(service: TestService, badCall: () => Promise<T>): Promise<T> {
  const before = (await service.records()).length;
  const result = await badCall();
  expect((await service.records()).length).toBe(before);
  await service.putFeatures(CUSTOMER, "good-user");
  const good = await service.decide({ programId: PROGRAM, userId: "good-user" });
  expect(good.status).toBe(200);
  return result;
}
