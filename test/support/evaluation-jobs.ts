/** Evaluations that the real service runs, as its callers see them. */
import { readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { expect } from "vitest";
import type { z } from "zod";
import { EvaluationAnswer, EvaluationEntry } from "../../src/contract/evaluations.ts";
import { PROGRAM, type TestService } from "./service.ts";

type Standing = z.infer<typeof EvaluationAnswer>;

/** At the lowest priority, beside other tests, seconds become minutes. */
const ENDED_MS = 240_000;

/** Asks for one that is accepted; its id. */
export async function ask(service: TestService, request: object): Promise<string> {
  const { status, text } = await askFor(service, request);
  expect(status, text).toBe(202);
  return EvaluationEntry.parse(JSON.parse(text)).evaluationId;
}

export function askFor(service: TestService, request: object) {
  return service.call("POST", "/v1/evaluations", { body: { programId: PROGRAM, ...request } });
}

/** How it stands. */
export async function standing(service: TestService, evaluationId: string): Promise<Standing> {
  return EvaluationAnswer.parse((await service.call("GET", `/v1/evaluations/${evaluationId}`)).json);
}

/** When it has ended. */
export async function ended(service: TestService, evaluationId: string): Promise<Standing> {
  await expect.poll(async () => (await standing(service, evaluationId)).endedAt, { timeout: ENDED_MS }).not.toBeNull();
  return await standing(service, evaluationId);
}

/** The processes that evaluate for a DATA_DIR. Linux only. */
export function processesOf(dataDir: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const command = commandOf(pid);
      return command.includes("evaluation-main") && command.includes(dataDir);
    });
}

/** The different priorities of its threads. Linux only. */
export function prioritiesOf(pid: number): readonly number[] {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  return [...new Set(threads.map((thread) => getPriority(thread)))];
}

/** Empty once it has ended. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
