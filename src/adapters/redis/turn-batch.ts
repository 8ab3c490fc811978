/** Calls that are made in one turn of the event loop share a command. */
import { setImmediate as nextTurn } from "node:timers/promises";

interface Batch<Call, Reply> {
  readonly calls: Call[];
  readonly replies: Promise<readonly Reply[]>;
}

export class TurnBatch<Call, Reply> {
  readonly #send: (calls: readonly Call[]) => Promise<readonly Reply[]>;
  readonly #callsMax: number;
  #open: Batch<Call, Reply> | null = null;

  /** @param send replies in the calls' order; it throws for all of them */
  constructor(send: (calls: readonly Call[]) => Promise<readonly Reply[]>, callsMax: number) {
    this.#send = send;
    this.#callsMax = callsMax;
  }

  async add(call: Call): Promise<Reply> {
    const batch = this.#open !== null && this.#open.calls.length < this.#callsMax ? this.#open : this.#begin();
    const at = batch.calls.push(call) - 1;
    return (await batch.replies)[at] as Reply;
  }

  #begin(): Batch<Call, Reply> {
    const calls: Call[] = [];
    const batch = { calls, replies: nextTurn().then(() => this.#run(calls)) };
    this.#open = batch;
    return batch;
  }

  #run(calls: readonly Call[]): Promise<readonly Reply[]> {
    if (this.#open?.calls === calls) this.#open = null;
    return this.#send(calls);
  }
}
