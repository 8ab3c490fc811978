/** A connection whose changes of state a test can wait for. */
import { EventEmitter, once } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import type { BreakerState } from "../../../src/adapters/redis/breaker.ts";
import { openRedis, type RedisConnection } from "../../../src/adapters/redis/connection.ts";
import { RedisFeatureStore } from "../../../src/adapters/redis/feature-store.ts";
import { RedisOfferHistory } from "../../../src/adapters/redis/offer-history.ts";
import { TurnReader } from "../../../src/adapters/redis/turn-reader.ts";
import { type RedisServer, startRedisServer } from "../../support/redis-server.ts";

/** The promise: back to normal at most this long after the server is. */
export const RECOVERY_MS = 2_000;
/** Long enough that no stall of a busy machine looks like a silent server. */
export const PATIENT_MS = 2_000;

export interface Observed {
  readonly connection: RedisConnection;
  readonly store: RedisFeatureStore;
  readonly history: RedisOfferHistory;
  /** Every change told so far. */
  readonly states: readonly BreakerState[];
  /** Resolves when the connection is in this state. */
  reach(state: BreakerState): Promise<void>;
}

export async function observe(
  url: string,
  timeoutMs = PATIENT_MS,
  scripts: "at once" | "together" = "at once",
): Promise<Observed> {
  const events = new EventEmitter();
  const states: BreakerState[] = [];
  const connection = await openRedis({
    url,
    timeoutMs,
    scripts,
    now: () => performance.now(),
    onState: (state) => {
      states.push(state);
      events.emit(state);
    },
  });
  const reader = new TurnReader(connection);
  const history = new RedisOfferHistory(connection, reader);
  onTestFinished(async () => {
    await history.close();
    connection.close();
  });
  return {
    connection,
    store: new RedisFeatureStore(connection, reader),
    history,
    states,
    reach: async (state) => {
      if (connection.state !== state) await once(events, state);
    },
  };
}

/** A server that ends with the test. */
export async function ownServer(args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedisServer(args);
  onTestFinished(() => server.stop());
  return server;
}

/** A second client, to put the server into the state a test needs. */
export function operator(server: RedisServer, password?: string): Redis {
  const redis = new Redis({
    host: "127.0.0.1",
    port: server.port,
    ...(password === undefined ? {} : { password }),
  });
  redis.on("error", () => undefined);
  onTestFinished(() => redis.disconnect());
  return redis;
}

export async function expectUnavailable(call: Promise<unknown>, reason = ""): Promise<void> {
  await expect(call).rejects.toMatchObject({
    code: "feature_store_unavailable",
    message: expect.stringContaining(reason),
  });
}

export async function within(deadlineMs: number, event: Promise<void>): Promise<void> {
  const abort = new AbortController();
  const late = after(deadlineMs, "late", { signal: abort.signal }).catch(() => "cancelled");
  const first = await Promise.race([event, late]);
  abort.abort();
  expect(first, `expected it within ${deadlineMs} ms`).toBeUndefined();
}
