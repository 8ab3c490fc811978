/** The real service in a process of its own, with a clock that the loop moves, and its HTTP calls. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { BatchAnswer } from "../src/contract/bulk.ts";
import { BudgetAnswer } from "../src/contract/budget.ts";
import type { DecideAnswer } from "../src/contract/decide.ts";
import type { Customer } from "../src/cli/demo/customers.ts";
import type { Outcome } from "./fate.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CLOCK = new URL("clock.ts", import.meta.url).href;
const READY_MS = 60_000;
const SAID_CHARS_MAX = 4_000;
/** Leases and prices follow a jump of the clock within so many looks, some milliseconds each; on a busy disk later. */
const LOOKS = 20;
/** Each waits twice as long as the one before. */
const JUMPS_MAX = 10;
/** Longer than a lease waits to be renewed. */
const RENEWAL_MS = 1_100;
const UPLOAD_ROWS = 1_000;

export interface Environment {
  readonly DATA_DIR: string;
  readonly MODELS_DIR: string;
  readonly PROGRAMS_DIR: string;
}

export class LoopService {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #program: string;

  private constructor(child: ChildProcess, url: string, program: string) {
    this.#child = child;
    this.#url = url;
    this.#program = program;
  }

  /** Resolves when it listens; its clock says `startMs` when it begins. */
  static async start(environment: Environment, program: string, startMs: number): Promise<LoopService> {
    const child = spawn(process.execPath, ["--import", `${CLOCK}?startMs=${startMs}`, join(ROOT, "src/main.ts")], {
      env: { ...process.env, ...environment, PORT: "0", LOG_LEVEL: "info" },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    process.once("exit", () => child.kill("SIGKILL"));
    const url = await Promise.race([addressOf(child), late()]);
    if (url !== null) return new LoopService(child, url, program);
    child.kill("SIGKILL");
    throw new Error("the service did not start in time");
  }

  /**
   * Afterwards its clock is at `atMs` or up to a few minutes later, and it pays, by the prices of then. What was under
   * way during the jump may have missed it, and waits again: another, small jump makes that due.
   */
  async moveTo(atMs: number): Promise<void> {
    let nowMs = atMs;
    for (let jump = 0; jump < JUMPS_MAX; jump++) {
      await this.#jumpTo(nowMs);
      const looks = LOOKS * 2 ** jump;
      for (let look = 1; look <= looks; look++) {
        const { state, prices } = await this.budget();
        const isPriced = prices.epoch >= Math.floor(atMs / 1_000) - EPOCH_SECONDS;
        if (state === "paying" && isPriced) return;
        if (look === looks) nowMs += isPriced ? RENEWAL_MS : EPOCH_SECONDS * 1_000 + 1_000;
      }
    }
    throw new Error(`the budget did not follow the clock: ${JSON.stringify(await this.budget())}`);
  }

  async #jumpTo(wallMs: number): Promise<void> {
    const moved = once(this.#child, "message");
    this.#child.send(wallMs);
    await moved;
  }

  budget(): Promise<BudgetAnswer> {
    return this.#call("GET", `/v1/budgets/${this.#program}`, BudgetAnswer);
  }

  async putFeatures(customers: readonly Customer[], observedAtMs: number): Promise<void> {
    const observedAt = new Date(observedAtMs).toISOString();
    for (let start = 0; start < customers.length; start += UPLOAD_ROWS) {
      const users = customers.slice(start, start + UPLOAD_ROWS).map((customer) => ({ ...customer, observedAt }));
      await this.#send("PUT", "/v1/features", { users });
    }
  }

  /** One answer to each, in their order. */
  async decide(requests: readonly { userId: string; requestId: string }[]): Promise<readonly DecideAnswer[]> {
    const body = { requests: requests.map((each) => ({ programId: this.#program, ...each })) };
    const { results } = await this.#call("POST", "/v1/decide/batch", BatchAnswer, body);
    return results.map(({ decision, problem }) => {
      if (decision === undefined) throw new Error(`a decision was refused: ${JSON.stringify(problem)}`);
      return decision;
    });
  }

  async tell(outcomes: readonly Outcome[]): Promise<void> {
    for (let start = 0; start < outcomes.length; start += UPLOAD_ROWS) {
      await this.#send("POST", "/v1/outcomes", { outcomes: outcomes.slice(start, start + UPLOAD_ROWS) });
    }
  }

  async reload(): Promise<void> {
    await this.#send("POST", "/v1/reload", {});
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }

  async #call<Schema extends z.ZodType>(
    method: string,
    path: string,
    schema: Schema,
    body?: object,
  ): Promise<z.infer<Schema>> {
    return schema.parse(JSON.parse(await this.#send(method, path, body)));
  }

  async #send(method: string, path: string, body?: object): Promise<string> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text;
  }
}

/** As in the program file. */
export const EPOCH_SECONDS = 60;

async function addressOf(child: ChildProcess): Promise<string> {
  let said = "";
  const ended = once(child, "exit").then(() => null);
  const address = new Promise<string>((resolve) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-SAID_CHARS_MAX);
      const found = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const url = await Promise.race([address, ended]);
  if (url === null) throw new Error(`the service ended before it listened; it said:\n${said}`);
  return url;
}

function late(): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), READY_MS).unref();
  });
}
