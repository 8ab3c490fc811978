/** Restarts under load: of two replicas behind a balancer, in turn, and of one that is asked until it says to stop. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Balancer } from "./balancer.ts";
import { freePort } from "./free-port.ts";
import { Poster, type Reply } from "./poster.ts";
import type { PromisedCall } from "./promised-calls.ts";
import { decisionsWithOutcomes, fundedPrograms, linesOf } from "./promised-outcomes.ts";
import { startRedisServer } from "./redis-server.ts";
import { type End, Replica } from "./replica.ts";

/** Callers of these do not run out of users whose features are known. */
const USERS = Array.from({ length: 100 }, (_, i) => `user-${i}`);

export interface RestartOptions {
  readonly connections: number;
  /** How often each replica is restarted. */
  readonly rounds: number;
  readonly progress: (line: string) => void;
}

export interface RestartsShown {
  readonly calls: number;
  /** Not answered, or not as promised: of each the first words. */
  readonly failed: readonly string[];
  /** Promised, and in no log. */
  readonly lost: number;
  readonly restarts: number;
  /** Lives that did not end by themselves with 0. */
  readonly unclean: number;
  /** From the signal to the end. */
  readonly longestEndMs: number;
  /** Calls that the balancer sent elsewhere because the connection was refused. */
  readonly refused: number;
}

/** Every replica in turn: SIGTERM, its end, its next life, and on when the balancer sends it calls. */
export async function showRolling({ connections, rounds, progress }: RestartOptions): Promise<RestartsShown> {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-rolling-"));
  const redis = await startRedisServer();
  const environment = { REDIS_URL: redis.url, PROGRAMS_DIR: await fundedPrograms(join(folder, "programs")) };
  const ports = [await freePort(), await freePort()];
  const replicas = ports.map((port) => new Replica(join(folder, `${port}`), { ...environment, PORT: `${port}` }));
  // A replica has its port for all its lives.
  const balancer = new Balancer(
    ports.map((port) => `http://127.0.0.1:${port}`),
    connections,
  );
  try {
    await replicas[0]?.putFeatures(USERS);
    for (const i of replicas.keys()) await balancer.until(i, "ready");
    const load = new Load((path, body) => balancer.post(path, body));
    const calling = load.start(connections);
    const ends: End[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const [i, replica] of replicas.entries()) {
        ends.push(await replica.restart());
        await balancer.until(i, "ready");
        await load.answers(connections);
      }
      progress(`round ${round} of ${rounds}: ${load.calls} calls, ${load.failed.length} failed`);
    }
    load.stop();
    await calling;
    ends.push(...(await Promise.all(replicas.map((replica) => replica.stop()))));
    return { ...(await load.shown(replicas, ends)), refused: balancer.refused };
  } finally {
    balancer.close();
    for (const replica of replicas) await replica.drop();
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Callers keep their connections and stop when they are told that it is the last answer on it. */
export async function showSigterm({ connections }: Pick<RestartOptions, "connections">): Promise<RestartsShown> {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-sigterm-"));
  const poster = new Poster(connections);
  const programs = await fundedPrograms(join(folder, "programs"));
  const replica = new Replica(join(folder, "data"), { PROGRAMS_DIR: programs });
  try {
    await replica.putFeatures(USERS);
    const url = await replica.url;
    const load = new Load((path, body) => poster.post(url, path, body));
    const calling = load.start(connections, "until the last");
    await load.answers(10 * connections);
    const end = await replica.stop();
    await calling;
    return { ...(await load.shown([replica], [end])), refused: 0 };
  } finally {
    poster.close();
    await replica.drop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Decisions, and outcomes of those that were told. */
class Load {
  readonly #post: (path: string, body: object) => Promise<Reply>;
  readonly #kinds = decisionsWithOutcomes();
  readonly #promised = new Map<PromisedCall, string[]>(this.#kinds.map((kind) => [kind, []]));
  readonly failed: string[] = [];
  calls = 0;
  #isStopped = false;
  #next = Promise.withResolvers<void>();

  constructor(post: (path: string, body: object) => Promise<Reply>) {
    this.#post = post;
  }

  async start(callers: number, until: "stopped" | "until the last" = "stopped"): Promise<void> {
    const caller = async () => {
      while (!this.#isStopped) {
        const reply = await this.#call();
        if (until === "until the last" && reply?.isLast !== false) return;
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves after so many more. */
  async answers(count: number): Promise<void> {
    const goal = this.calls + count;
    while (this.calls < goal) await this.#next.promise;
  }

  /** After the last life. */
  async shown(replicas: readonly Replica[], ends: readonly End[]): Promise<Omit<RestartsShown, "refused">> {
    let lost = 0;
    for (const [kind, ids] of this.#promised) {
      const logged = new Set<string>();
      for (const { dataDir } of replicas) {
        for await (const line of linesOf(dataDir, kind.log)) logged.add(kind.idIn(line));
      }
      lost += ids.filter((id) => !logged.has(id)).length;
    }
    return {
      calls: this.calls,
      failed: this.failed,
      lost,
      restarts: ends.length,
      unclean: ends.filter(({ code }) => code !== 0).length,
      longestEndMs: Math.max(...ends.map(({ ms }) => ms)),
    };
  }

  async #call(): Promise<Reply | null> {
    const number = this.calls++;
    const kind = this.#kinds[number % this.#kinds.length];
    if (kind === undefined) throw new Error("expected a kind of call");
    try {
      const reply = await this.#post(kind.path, kind.bodyOf(number));
      if (reply.status === kind.promises) this.#promised.get(kind)?.push(...kind.idsIn(JSON.parse(reply.text)));
      else this.failed.push(`${reply.status} ${reply.text}`);
      return reply;
    } catch (error) {
      this.failed.push(String(error));
      return null;
    } finally {
      this.#next.resolve();
      this.#next = Promise.withResolvers();
    }
  }
}
