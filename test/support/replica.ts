/** A replica: the real service in a process of its own, life after life on one DATA_DIR. */
import { z } from "zod";
import { CommandLine } from "./command-line.ts";
import { CUSTOMER } from "./service.ts";

/** How long a call may have been under way that told the replica that its store is down. */
const NOTICED_MS = 300;
const LISTENING = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/;

/** Of the wall clock. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const Line = z.object({ time: z.number(), msg: z.string(), state: z.enum(["up", "down"]).optional() });

export interface End {
  /** null: a signal ended it. */
  readonly code: number | null;
  /** From the signal to the end. */
  readonly ms: number;
}

export class Replica {
  readonly dataDir: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #lives: { readonly process: CommandLine; endMs: number }[] = [];
  #life: CommandLine;
  #url: Promise<string>;

  /** Starts it. */
  constructor(dataDir: string, environment: Readonly<Record<string, string>>) {
    this.dataDir = dataDir;
    this.#environment = { PORT: "0", ...environment, DATA_DIR: dataDir };
    this.#life = this.#begin();
    this.#url = addressOf(this.#life);
  }

  /** Where it answers; between two lives, once the next one does. */
  get url(): Promise<string> {
    return this.#url;
  }

  /** kill -9, and the next life. */
  async kill(): Promise<void> {
    await this.#follow("SIGKILL");
  }

  /** SIGTERM, and when it has ended the next life; how it ended. */
  async restart(): Promise<End> {
    return await this.#follow("SIGTERM");
  }

  /** SIGTERM, for good. */
  async stop(): Promise<End> {
    return await this.#end("SIGTERM");
  }

  /** kill -9, for good; nothing where it has ended. */
  async drop(): Promise<void> {
    await this.#end("SIGKILL");
  }

  start(): void {
    this.#life = this.#begin();
    this.#url = addressOf(this.#life);
  }

  /** When it answered and could not ask Redis, by its own word. */
  get outages(): readonly Span[] {
    return this.#lives.flatMap(({ process, endMs }) => outagesIn(linesOf(process.said), endMs));
  }

  async putFeatures(userIds: readonly string[]): Promise<void> {
    const users = userIds.map((userId) => ({ userId, features: CUSTOMER }));
    const response = await fetch(`${await this.#url}/v1/features`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ users }),
    });
    if (!response.ok) throw new Error(`features were answered ${response.status}`);
  }

  async #follow(signal: NodeJS.Signals): Promise<End> {
    // From now on callers wait for the next life.
    const next = Promise.withResolvers<string>();
    this.#url = next.promise;
    const end = await this.#end(signal);
    this.#life = this.#begin();
    addressOf(this.#life).then(next.resolve, next.reject);
    await this.#url;
    return end;
  }

  #begin(): CommandLine {
    const process = new CommandLine(["serve"], this.#environment);
    this.#lives.push({ process, endMs: Infinity });
    return process;
  }

  async #end(signal: NodeJS.Signals): Promise<End> {
    const startMs = performance.now();
    this.#life.signal(signal);
    const { code } = await this.#life.ended();
    const last = this.#lives.at(-1);
    if (last !== undefined) last.endMs = Date.now();
    return { code, ms: Math.round(performance.now() - startMs) };
  }
}

async function addressOf(life: CommandLine): Promise<string> {
  const [, url = ""] = await life.printed(LISTENING);
  return url;
}

function linesOf(said: string): readonly z.infer<typeof Line>[] {
  return said
    .split("\n")
    .filter((line) => line.includes('"feature store"') || LISTENING.test(line))
    .map((line) => Line.parse(JSON.parse(line)));
}

function outagesIn(lines: readonly z.infer<typeof Line>[], endMs: number): readonly Span[] {
  const spans: Span[] = [];
  const listeningMs = lines.find(({ msg }) => LISTENING.test(msg))?.time ?? endMs;
  let downMs: number | null = listeningMs;
  for (const { time, state } of lines) {
    if (state === "up" && downMs !== null && downMs < time) spans.push({ fromMs: downMs, toMs: time });
    if (state === "up") downMs = null;
    if (state === "down") downMs = Math.max(listeningMs, time - NOTICED_MS);
  }
  return downMs === null || downMs >= endMs ? spans : [...spans, { fromMs: downMs, toMs: endMs }];
}
