/**
 * A balancer in this process, as plain as they come: it asks each replica again and again whether it is ready, sends
 * calls to those that are, in turn, and believes an answer that says its connection is the last.
 */
import { Poster, type Reply } from "./poster.ts";

const ASK_MS = 20;

interface Backend {
  readonly url: string;
  isReady: boolean;
}

export class Balancer {
  readonly #backends: readonly Backend[];
  readonly #poster: Poster;
  readonly #asking: NodeJS.Timeout;
  #changed = Promise.withResolvers<void>();
  #turn = 0;
  /** Calls whose connection was refused, so that nothing was sent, and which another replica got. */
  refused = 0;

  constructor(urls: readonly string[], connections: number) {
    this.#backends = urls.map((url) => ({ url, isReady: false }));
    this.#poster = new Poster(connections);
    this.#asking = setInterval(() => {
      for (const backend of this.#backends) void this.#ask(backend);
    }, ASK_MS);
  }

  /** Resolves when the replica is, or is not, ready. */
  async until(replica: number, state: "ready" | "gone"): Promise<void> {
    while (this.#backends[replica]?.isReady !== (state === "ready")) await this.#changed.promise;
  }

  /** Rejects when a connection ended under a call that was sent. */
  async post(path: string, body: object): Promise<Reply> {
    for (;;) {
      const backend = await this.#next();
      try {
        const reply = await this.#poster.post(backend.url, path, body);
        if (reply.isLast) this.#set(backend, false);
        return reply;
      } catch (error) {
        this.#set(backend, false);
        if (!isRefused(error)) throw error;
        this.refused++;
      }
    }
  }

  close(): void {
    clearInterval(this.#asking);
    this.#poster.close();
  }

  async #next(): Promise<Backend> {
    for (;;) {
      const ready = this.#backends.filter(({ isReady }) => isReady);
      const backend = ready[this.#turn++ % ready.length];
      if (backend !== undefined) return backend;
      await this.#changed.promise;
    }
  }

  async #ask(backend: Backend): Promise<void> {
    const answer = await fetch(`${backend.url}/health/ready`).catch(() => null);
    await answer?.body?.cancel();
    this.#set(backend, answer?.status === 200);
  }

  #set(backend: Backend, isReady: boolean): void {
    if (backend.isReady === isReady) return;
    backend.isReady = isReady;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
}
