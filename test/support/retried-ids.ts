/**
 * Many callers, each with a request id of its own that is sent again and again, also at once, to whichever replica,
 * while replicas are killed, programs are reloaded and Redis is restarted.
 */
import { z } from "zod";
import { Random } from "../../src/simulation/random.ts";
import { Poster, type Reply } from "./poster.ts";
import { fundedPrograms } from "./promised-outcomes.ts";
import type { RedisServer } from "./redis-server.ts";
import type { Replica, Span } from "./replica.ts";
import { PROGRAM } from "./service.ts";

const USERS = 100;
/** What an earlier life answered is looked up in its log, some milliseconds each. */
const AGAIN_AT_ONCE = 16;
/** It did not arrive in time on a busy machine, or nobody could decide it. */
const SENT_AGAIN: ReadonlySet<number> = new Set([408, 503]);
const FAULTS = ["kill", "reload", "redis"] as const;
type Fault = (typeof FAULTS)[number];
const Decided = z.object({ decisionId: z.string() });
/** As `/metrics` says that the answers of others can be had. */
const SHARED = "\nliftgate_feature_store_up 1\n";

export interface RetriedIdsOptions {
  readonly replicas: readonly Replica[];
  /** Null: one replica with embedded stores. */
  readonly redis: RedisServer | null;
  readonly programsDir: string;
  /** While Redis is down a replica answers what others may have answered: callers stay with the one they asked. */
  readonly answersAlone: boolean;
  readonly ids: number;
  /** Of an id, 1 to so many. */
  readonly copiesMax: number;
  readonly idsAtOnce: number;
  readonly faults: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

/** An id, and every body that was answered to it. */
export interface AskedId {
  readonly requestId: string;
  readonly number: number;
  readonly texts: Set<string>;
  /** The replica that is asked, because Redis was down when it was asked first; null: any. */
  readonly home: number | null;
  /** When it was under way. */
  readonly spans: Span[];
  /** Answers that were neither. */
  refused: number;
  /** Other bodies under it that were not refused. */
  mismatchesTaken: number;
}

export class RetriedIds {
  readonly #options: RetriedIdsOptions;
  readonly #random: Random;
  readonly #poster: Poster;
  readonly asked: AskedId[] = [];
  /** How many answers had which status. */
  readonly statuses: Record<string, number> = {};
  readonly counts = { calls: 0, resent: 0, kill: 0, reload: 0, redis: 0 };
  #isShared = true;
  #version = 1;

  constructor(options: RetriedIdsOptions) {
    this.#options = options;
    this.#random = new Random(options.seed, "retries");
    this.#poster = new Poster(options.idsAtOnce * options.copiesMax);
  }

  /** Every id with its copies, and the faults at drawn ids among them. */
  async run(): Promise<void> {
    const { replicas, ids, idsAtOnce, progress } = this.#options;
    await replicas[0]?.putFeatures(Array.from({ length: USERS }, (_, i) => userOf(i)));
    const plan = this.#plan();
    let faults = Promise.resolve();
    await this.#together(idsAtOnce, ids, async (number) => {
      const fault = plan.get(number);
      if (fault !== undefined) {
        progress(`id ${number} of ${ids}: ${fault}`);
        faults = faults.then(() => this.#inject(fault));
      }
      await this.#ask(number);
    });
    await faults;
  }

  /** Every replica is asked for every id once more, by a caller who asks the same and by one who does not. */
  async askAgain(): Promise<void> {
    const { replicas, ids } = this.#options;
    await this.#together(AGAIN_AT_ONCE, ids, async (i) => {
      const id = this.asked[i];
      if (id === undefined) return;
      const fromMs = Date.now();
      for (const replica of replicas.keys()) {
        if (id.home !== null && id.home !== replica) continue;
        await this.#answer(id, replica);
        await this.#mismatch(id, replica);
      }
      id.spans.push({ fromMs, toMs: Date.now() });
    });
  }

  close(): void {
    this.#poster.close();
  }

  #plan(): ReadonlyMap<number, Fault> {
    const { ids, faults, redis } = this.#options;
    const kinds = FAULTS.filter((kind) => kind !== "redis" || redis !== null);
    const plan = new Map<number, Fault>();
    // Spread, so that one ends before the next; of each kind as many.
    for (let i = 0; i < faults; i++) {
      const at = Math.floor(((i + this.#random.uniform()) / faults) * ids);
      plan.set(at, kinds[i % kinds.length] ?? "kill");
    }
    return plan;
  }

  async #together(atOnce: number, count: number, ask: (number: number) => Promise<void>): Promise<void> {
    let next = 0;
    const worker = async () => {
      while (next < count) await ask(next++);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }

  async #ask(number: number): Promise<void> {
    const copies = 1 + Math.floor(this.#random.uniform() * this.#options.copiesMax);
    const home = this.#isShared ? null : number % this.#options.replicas.length;
    const requestId = `retry-${number}`;
    const id: AskedId = { requestId, number, texts: new Set(), home, spans: [], refused: 0, mismatchesTaken: 0 };
    this.asked.push(id);
    const fromMs = Date.now();
    await Promise.all(Array.from({ length: copies }, () => this.#answer(id, this.#any())));
    await this.#mismatch(id, this.#any());
    id.spans.push({ fromMs, toMs: Date.now() });
  }

  #any(): number {
    return Math.floor(this.#random.uniform() * this.#options.replicas.length);
  }

  async #answer(id: AskedId, replica: number): Promise<void> {
    const { status, text } = await this.#send(id, replica, bodyOf(id, id.number));
    if (status === 200) id.texts.add(text);
    else id.refused++;
  }

  async #mismatch(id: AskedId, replica: number): Promise<void> {
    const { status } = await this.#send(id, replica, bodyOf(id, id.number + 1));
    if (status === 200) id.mismatchesTaken++;
    else if (status !== 422) id.refused++;
  }

  /** Until there is an answer. Half of the callers stay with the replica that they asked, whatever happens to it. */
  async #send(id: AskedId, replica: number, body: object): Promise<Reply> {
    const { replicas } = this.#options;
    for (let at = id.home ?? replica; ;) {
      const reply = await this.#post(at, body);
      const status = reply?.status ?? 0;
      this.statuses[status] = (this.statuses[status] ?? 0) + 1;
      if (reply !== null && !SENT_AGAIN.has(status)) return reply;
      this.counts.resent++;
      if (id.home === null && this.#random.uniform() < 0.5) at = (at + 1) % replicas.length;
    }
  }

  async #post(at: number, body: object): Promise<Reply | null> {
    this.counts.calls++;
    const url = await this.#options.replicas[at]?.url;
    if (url === undefined) throw new Error(`there is no replica ${at}`);
    return await this.#poster.post(url, "/v1/decide", body).catch(() => null);
  }

  async #inject(fault: Fault): Promise<void> {
    const { replicas } = this.#options;
    this.counts[fault]++;
    if (fault === "kill") await replicas[this.#any()]?.kill();
    else if (fault === "reload") await this.#reload();
    else await this.#restartRedis();
  }

  async #reload(): Promise<void> {
    await fundedPrograms(this.#options.programsDir, ++this.#version);
    for (const replica of this.#options.replicas) {
      const { status, text } = await this.#poster.post(await replica.url, "/v1/reload", {});
      if (status !== 200) throw new Error(`the reload was answered ${status}: ${text}`);
    }
  }

  /** Replicas answer for themselves from the moment it is gone to the moment all have found it again. */
  async #restartRedis(): Promise<void> {
    this.#isShared = !this.#options.answersAlone;
    await this.#options.redis?.restart();
    for (const replica of this.#options.replicas) await untilShared(await replica.url);
    this.#isShared = true;
  }
}

export function toldIn(text: string): string {
  return Decided.parse(JSON.parse(text)).decisionId;
}

async function untilShared(url: string): Promise<void> {
  for (;;) if ((await (await fetch(`${url}/metrics`)).text()).includes(SHARED)) return;
}

function bodyOf({ requestId }: AskedId, user: number): object {
  return { programId: PROGRAM, userId: userOf(user), requestId };
}

function userOf(number: number): string {
  return `user-${number % USERS}`;
}
