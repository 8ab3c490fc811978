/** Callers that ask for one decision after the other over kept connections, and note what became of each call. */
import { Agent, request } from "node:http";
import { z } from "zod";
import { PROGRAM } from "./service.ts";

export interface CallOutcome {
  /** Of the monotonic clock. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** 0 when there was no answer. */
  readonly httpStatus: number;
  /** What the decision says of itself; null when there was none. */
  readonly status: string | null;
}

const Decided = z.object({ status: z.string() });

interface Waiting {
  readonly isIt: (outcome: CallOutcome) => boolean;
  left: number;
  readonly resolve: () => void;
}

export class SteadyCallers {
  readonly outcomes: CallOutcome[] = [];
  readonly #url: URL;
  readonly #userIds: readonly string[];
  readonly #agent: Agent;
  readonly #waiting = new Set<Waiting>();
  readonly #callers: Promise<void>[];
  #stopped = false;

  /** Starts `count` callers that ask for the users in turn. */
  constructor(url: string, { count, userIds }: { readonly count: number; readonly userIds: readonly string[] }) {
    this.#url = new URL("/v1/decide", url);
    this.#userIds = userIds;
    this.#agent = new Agent({ keepAlive: true, maxSockets: count });
    this.#callers = Array.from({ length: count }, (_, caller) => this.#callOn(caller));
  }

  /** Resolves when `times` more outcomes are as described. */
  until(times: number, isIt: (outcome: CallOutcome) => boolean): Promise<void> {
    return new Promise((resolve) => this.#waiting.add({ isIt, left: times, resolve }));
  }

  /** Lets the calls under way finish. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
    this.#agent.destroy();
  }

  async #callOn(caller: number): Promise<void> {
    for (let i = caller; !this.#stopped; i++)
      this.#note(await this.#call(this.#userIds[i % this.#userIds.length] ?? ""));
  }

  #note(outcome: CallOutcome): void {
    this.outcomes.push(outcome);
    for (const waiting of this.#waiting) {
      if (!waiting.isIt(outcome)) continue;
      waiting.left -= 1;
      if (waiting.left > 0) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }

  #call(userId: string): Promise<CallOutcome> {
    const body = JSON.stringify({ programId: PROGRAM, userId });
    const headers = { "content-type": "application/json", "content-length": body.length };
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const done = (httpStatus: number, status: string | null) =>
        resolve({ startedMs, endedMs: performance.now(), httpStatus, status });
      const sent = request(this.#url, { method: "POST", agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => done(response.statusCode ?? 0, statusOf(Buffer.concat(chunks).toString())));
        response.on("error", () => done(0, null));
      });
      sent.on("error", () => done(0, null));
      sent.end(body);
    });
  }
}

function statusOf(text: string): string | null {
  const decided = Decided.safeParse(JSON.parse(text));
  return decided.success ? decided.data.status : null;
}
