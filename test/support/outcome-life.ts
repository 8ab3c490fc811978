/** One process life of the real service, and what it says of decisions, outcomes and money. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { BudgetAnswer } from "../../src/contract/budget.ts";
import { type OutcomeRequest, OutcomesAnswer } from "../../src/contract/outcomes.ts";
import { CommandLine } from "./command-line.ts";
import type { Told } from "./outcome-truth.ts";
import { cpuMicrosOf, ownBytesOf } from "./process-usage.ts";

const LISTENING = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/;
const POLL_MS = 100;
/** Far more than a busy machine needs. */
const WAIT_MS_MAX = 300_000;

const Batch = z.object({
  results: z.array(z.object({ decision: z.object({ decisionId: z.string(), action: z.string() }) })),
});

export class OutcomeLife {
  readonly #service: CommandLine;
  readonly #url: string;

  private constructor(service: CommandLine, url: string) {
    this.#service = service;
    this.#url = url;
  }

  static async start(environment: Readonly<Record<string, string>>): Promise<OutcomeLife> {
    const service = new CommandLine(["serve"], { PORT: "0", LOG_LEVEL: "info", ...environment });
    const [, url = ""] = await service.printed(LISTENING);
    return new OutcomeLife(service, url);
  }

  get cpuMicros(): number {
    return cpuMicrosOf(this.#service.pid ?? 0);
  }

  get ownBytes(): number {
    return ownBytesOf(this.#service.pid ?? 0);
  }

  async putFeatures(userIds: readonly string[], features: object): Promise<void> {
    await this.#send("PUT", "/v1/features", { users: userIds.map((userId) => ({ userId, features })) });
  }

  async decide(program: string, userIds: readonly string[]): Promise<readonly Told[]> {
    const requests = userIds.map((userId) => ({ programId: program, userId, features: { newbie: false } }));
    const { results } = Batch.parse(await this.#send("POST", "/v1/decide/batch", { requests }));
    return results.map(({ decision: { decisionId, action } }) => ({
      program,
      decisionId,
      paid: action !== "no_offer",
    }));
  }

  /** Null when the service is gone. */
  async tell(outcomes: readonly OutcomeRequest[]): Promise<OutcomesAnswer | null> {
    const body = await this.#send("POST", "/v1/outcomes", { outcomes }).catch((error: unknown) => {
      if (error instanceof TypeError) return null;
      throw error;
    });
    return body === null ? null : OutcomesAnswer.parse(body);
  }

  async money(program: string): Promise<{ readonly owedMicros: number; readonly pendingMicros: number }> {
    const budget = BudgetAnswer.parse(await this.#send("GET", `/v1/budgets/${program}`));
    const { settled, overrun, pending } = budget;
    return { owedMicros: micros(settled) + micros(overrun), pendingMicros: micros(pending) };
  }

  /** A counter, all its labels together. */
  async counted(name: string): Promise<number> {
    const response = await fetch(`${this.#url}/metrics`);
    const values = (await response.text()).matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"));
    return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** Ends it; resolves when it has. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#service.signal(signal);
    const { code, stderr } = await this.#service.ended();
    if (signal === "SIGTERM" && code !== 0) throw new Error(`the service did not end by itself: ${stderr}`);
  }

  /** @throws TypeError when there is no service any more; Error when it refuses */
  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }
}

/** Whether it became true in time. */
export async function becomes(isTrue: () => Promise<boolean>): Promise<boolean> {
  const untilMs = performance.now() + WAIT_MS_MAX;
  while (performance.now() < untilMs) {
    if (await isTrue()) return true;
    await delay(POLL_MS);
  }
  return false;
}

function micros(amount: number): number {
  return Math.round(amount * 1e6);
}
