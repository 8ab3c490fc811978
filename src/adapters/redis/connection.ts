/** The one connection to Redis: it answers in time or fails in time, and is never on the way to either. */
import { setTimeout as after } from "node:timers/promises";
import { Redis, type RedisOptions } from "ioredis";
import { Breaker, type BreakerState } from "./breaker.ts";
import { type Deadline, inTime } from "./deadline.ts";
import { RedisTrouble, troubleOf } from "./trouble.ts";
import { runTurn } from "./turn-command.ts";

/** Longer than any answer of a healthy Redis on a busy host, shorter than a caller notices. */
const ANSWER_MS = 50;
/** Calls share commands, so two failures in a row are two turns of the event loop that got no answer. */
const FAILURES_TO_OPEN = 2;
/** A breaker that opened for a hiccup should not cost half a second of good decisions. */
const PROBE_INTERVAL_MS = 100;
const RECONNECT_MS_MAX = 250;
/** How long opening waits for the first answer; after that the connection is handed over while down. */
const FIRST_ANSWER_MS = 1_500;
/** A process that starts is busy: that it missed the first answers says nothing of Redis. */
const FIRST_PROBES = 10;
/** A replica refuses every write: reconnect to find the new primary, but not for every one of them. */
const READ_ONLY_RECONNECT_MS = 5_000;
/** Read as features are, so that what may not read them is down. Users' keys have braces: this is none of theirs. */
const PROBE_KEY = "liftgate:probe";

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`. Its query may not change the options above. */
  readonly url: string;
  /** Told of every change, for metrics. The connection starts down. */
  readonly onState: (state: BreakerState) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** How long a caller can wait for features and still decide in time; 50 unless given. */
  readonly timeoutMs?: number;
  /** Whether scripts are sent at once, or those of a turn together; at once unless given. */
  readonly scripts?: "at once" | "together";
  /** What the connection is for, as a read: while it fails the connection is down. The features' unless given. */
  readonly probe?: (redis: Redis) => Promise<unknown>;
}

/**
 * ioredis' defaults wait for a dead server (20 retries, minutes) and send commands again that may have
 * been applied. With these a command is sent at most once and always settles. Callers wait less, see
 * `inTime`: ioredis' own timeouts cannot tell a stalled event loop from a silent server, so they are
 * only what frees the memory of commands given up and replaces connections that died without a word.
 */
function safeOptions(timeoutMs: number) {
  return {
    commandTimeout: 20 * timeoutMs,
    /** A connection that was asked and says nothing for so long is replaced. */
    socketTimeout: 8 * timeoutMs,
    connectTimeout: 1_000,
    /** A peer that does not confirm the end of a connection must not hold up the next one. */
    disconnectTimeout: 100,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: 250,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: true,
    enableReadyCheck: true,
  } as const satisfies RedisOptions;
}

/**
 * Connects, and waits until Redis answered or the first attempt failed. A server that is not there is
 * not an error: the connection is handed over down and comes up by itself.
 */
export async function openRedis(options: RedisConnectionOptions): Promise<RedisConnection> {
  const connection = new RedisConnection(options);
  await connection.start();
  return connection;
}

export class RedisConnection {
  readonly #redis: Redis;
  readonly #breaker: Breaker;
  readonly #deadline: Deadline;
  readonly #ask: (redis: Redis) => Promise<unknown>;
  #lastTrouble = new RedisTrouble("not connected yet", "unavailable");

  constructor(options: RedisConnectionOptions) {
    const { url, onState, now, timeoutMs = ANSWER_MS, scripts = "at once", probe = readProbe } = options;
    this.#deadline = { timeoutMs, now };
    this.#ask = probe;
    const safe = safeOptions(timeoutMs);
    this.#redis = new Redis(url, {
      ...safe,
      lazyConnect: true,
      // What is gathered over a turn already would gather nothing by waiting for one more.
      autoPipeliningIgnoredCommands: scripts === "at once" ? ["eval", "evalsha"] : ["eval"],
      retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MS_MAX),
      reconnectOnError: reconnectWhenReadOnly(now),
    });
    assertOptions(this.#redis.options, safe);
    this.#breaker = new Breaker({
      failuresToOpen: FAILURES_TO_OPEN,
      probeIntervalMs: PROBE_INTERVAL_MS,
      probe: () => this.#probe(),
      onState,
    });
    this.#redis.on("error", (error: unknown) => {
      this.#lastTrouble = troubleOf(error);
    });
    this.#redis.on("ready", () => {
      this.#lastTrouble = new RedisTrouble("the connection was lost", "unavailable");
      void this.#breaker.probe();
    });
    this.#redis.on("close", () => this.#breaker.open());
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  async start(): Promise<void> {
    const answered = new AbortController();
    const connected = this.#redis.connect().then(() => this.#firstAnswer());
    const late = after(FIRST_ANSWER_MS, undefined, { ref: false, signal: answered.signal });
    this.#breaker.start();
    await Promise.race([connected, late]).catch((error: unknown) => this.#note(error));
    answered.abort();
  }

  /**
   * Runs commands of one caller. Fails at once, without sending anything, while Redis is down. A write
   * that failed may have happened, unless the reply says it was refused: writes must bear repetition.
   *
   * @param timeoutMs how long this caller waits; the connection's own unless given
   * @throws RedisTrouble, whatever went wrong
   */
  async run<T>(commands: (redis: Redis) => Promise<T>, timeoutMs = this.#deadline.timeoutMs): Promise<T> {
    if (this.#breaker.state === "down") throw new RedisTrouble(this.#lastTrouble.message, "unavailable");
    try {
      const result = await inTime(commands(this.#redis), { ...this.#deadline, timeoutMs });
      this.#breaker.succeeded();
      return result;
    } catch (error) {
      const trouble = this.#note(error);
      if (!trouble.refused) this.#breaker.failed();
      throw trouble;
    }
  }

  /** Ends the connection at once; what is under way fails. */
  close(): void {
    this.#lastTrouble = new RedisTrouble("closed", "unavailable");
    this.#breaker.stop();
    this.#redis.disconnect();
  }

  async #firstAnswer(): Promise<void> {
    for (let i = 0; i < FIRST_PROBES && this.#breaker.state === "down"; i++) await this.#breaker.probe();
  }

  async #probe(): Promise<void> {
    try {
      await inTime(this.#ask(this.#redis), this.#deadline);
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  /** Keeps the cause: "no connection" only says that there is one, and the error event said which. */
  #note(error: unknown): RedisTrouble {
    const trouble = troubleOf(error);
    if (trouble.message === "no connection") return this.#lastTrouble;
    this.#lastTrouble = trouble;
    return trouble;
  }
}

function readProbe(redis: Redis): Promise<unknown> {
  return runTurn(redis, {
    changes: [],
    rows: { keys: [PROBE_KEY], bytesMax: [1] },
    histories: { asked: [], atMs: 0 },
  });
}

/** Options in a URL's query win over those of the constructor. */
function assertOptions(actual: RedisOptions, safe: RedisOptions): void {
  const found: Readonly<Record<string, unknown>> = { ...actual };
  for (const [name, wanted] of Object.entries(safe)) {
    if (found[name] !== wanted)
      throw new Error(`the URL of Redis sets ${name}, which must stay ${String(wanted)}; remove it from the query`);
  }
}

function reconnectWhenReadOnly(now: () => number): (error: Error) => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (!error.message.startsWith("READONLY") || now() - last < READ_ONLY_RECONNECT_MS) return false;
    last = now();
    return true;
  };
}
