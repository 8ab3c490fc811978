/** The connection: what it sends, when it gives up, when it comes back. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { openRedis } from "../../../src/adapters/redis/connection.ts";
import { contractOf } from "../../contracts/feature-store.ts";
import { expectUnavailable, observe, operator, ownServer, RECOVERY_MS, within } from "./observed-connection.ts";

/** The timeout of production, for tests of what happens when it passes. */
const ANSWER_MS = 50;
/** How often the breaker probes. */
const PROBE_INTERVAL_MS = 500;

const contract = contractOf("churn", 2);
const row = { userId: "u1", contract, observedAtMs: 7, values: Float32Array.of(1, Number.NaN) };
const found = { kind: "found", observedAtMs: 7, values: Float32Array.of(1, Number.NaN) };

test("the client has the options that make it fail in time and send nothing twice", async () => {
  const server = await ownServer();
  const connection = await openRedis({
    url: server.url,
    onState: () => undefined,
    now: () => performance.now(),
  });
  onTestFinished(() => connection.close());
  expect(await connection.run(async (redis: Redis) => redis.options)).toMatchObject({
    commandTimeout: 1_000,
    socketTimeout: 400,
    connectTimeout: 1_000,
    disconnectTimeout: 100,
    maxRetriesPerRequest: 0,
    maxLoadingRetryTime: 250,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: true,
    enableReadyCheck: true,
  });
});

test("a URL that would change these options is refused", async () => {
  const opened = openRedis({
    url: "redis://127.0.0.1:1?enableOfflineQueue=true",
    onState: () => undefined,
    now: () => 0,
  });
  await expect(opened).rejects.toThrow("the URL of Redis sets enableOfflineQueue, which must stay false");
});

test("a server that is not there: opening succeeds, calls fail at once, and it comes up by itself", async () => {
  const server = await ownServer();
  await server.kill();
  const { connection, store, reach, states } = await observe(server.url);
  expect(connection.state).toBe("down");
  await expectUnavailable(store.read("u1", [contract]), "ECONNREFUSED");
  await expectUnavailable(store.write([row]), "ECONNREFUSED");
  await server.restart();
  await within(RECOVERY_MS, reach("up"));
  expect(states).toEqual(["up"]);
  await store.write([row]);
  expect(await store.read("u1", [contract])).toEqual([found]);
});

test("a restart: down when the connection ends, up again in time with the data", async () => {
  const server = await ownServer(["--appendonly", "yes", "--appendfsync", "always"]);
  const { store, reach } = await observe(server.url);
  await store.write([row]);
  await server.kill();
  await reach("down");
  await expectUnavailable(store.read("u1", [contract]));
  await server.restart();
  await within(RECOVERY_MS, reach("up"));
  expect(await store.read("u1", [contract])).toEqual([found]);
});

test("a frozen server: every call ends in time, then nothing is sent, and it recovers in time", async () => {
  const server = await ownServer();
  const { connection, store, reach } = await observe(server.url, ANSWER_MS);
  await reach("up");
  server.freeze();
  for (const stateAfter of ["up", "down"]) {
    const started = performance.now();
    const calls = await Promise.allSettled(Array.from({ length: 64 }, (_, i) => store.read(`u${i}`, [contract])));
    const tookMs = performance.now() - started;
    expect(calls.filter(({ status }) => status === "fulfilled")).toEqual([]);
    // It waited for the server, and the margin is for a busy machine: ioredis' defaults take minutes.
    expect(tookMs).toBeGreaterThanOrEqual(ANSWER_MS - 1);
    expect(tookMs).toBeLessThan(1_000);
    // All that failed in one turn is one failure, and the second in a row opens the breaker.
    expect(connection.state).toBe(stateAfter);
  }
  await expectUnavailable(store.read("u1", [contract]));
  server.thaw();
  await within(RECOVERY_MS, reach("up"));
  expect(connection.state).toBe("up");
});

test("a stalled event loop is not a silent server, whether the commands were sent before or not", async () => {
  const server = await ownServer();
  const answerMs = 250;
  const { store, states } = await observe(server.url, answerMs);
  const unsent = Array.from({ length: 20 }, () => store.read("u1", [contract]));
  stall(2 * answerMs);
  expect(await Promise.all(unsent)).toHaveLength(20);
  const sent = Array.from({ length: 20 }, () => store.read("u1", [contract]));
  await new Promise(setImmediate);
  stall(2 * answerMs);
  expect(await Promise.all(sent)).toHaveLength(20);
  expect(states).toEqual(["up"]);
});

test("when calls were given up but the server is well, the breaker closes without waiting for its interval", async () => {
  const server = await ownServer();
  const { connection, reach } = await observe(server.url);
  const lost = Array.from({ length: 2 }, () => connection.run(() => Promise.reject(new Error("Command timed out"))));
  await Promise.allSettled(lost);
  expect(connection.state).toBe("down");
  await within(PROBE_INTERVAL_MS - 100, reach("up"));
});

test("while the breaker is open no command of a caller is sent", async () => {
  const server = await ownServer(["--requirepass", "right"]);
  const { connection, store } = await observe(`redis://:wrong@127.0.0.1:${server.port}`);
  expect(connection.state).toBe("down");
  const redis = operator(server, "right");
  let ran = 0;
  for (let i = 0; i < 1_000; i++) {
    await expect(connection.run(async () => ran++)).rejects.toThrow("WRONGPASS");
    await expectUnavailable(store.read("u1", [contract]), "WRONGPASS");
    await expectUnavailable(store.write([row]), "WRONGPASS");
  }
  expect(ran).toBe(0);
  const stats = await redis.info("commandstats");
  expect(stats).not.toMatch(/cmdstat_(get|set|getrange|eval)/);
});

test("something that takes connections and never answers is down, and opening ends", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => void silent.close());
  const address = silent.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  const { connection, store } = await observe(`redis://127.0.0.1:${address.port}`, ANSWER_MS);
  expect(connection.state).toBe("down");
  await expectUnavailable(store.read("u1", [contract]), "no answer in time");
});

test("a first answer that is late does not open it down: a process that starts is busy", async () => {
  const server = await ownServer();
  let probes = 0;
  const connection = await openRedis({
    url: server.url,
    timeoutMs: ANSWER_MS,
    now: () => performance.now(),
    onState: () => undefined,
    probe: (redis) => (++probes === 1 ? new Promise(() => undefined) : redis.ping()),
  });
  onTestFinished(() => connection.close());
  expect([connection.state, probes]).toEqual(["up", 2]);
});

test("after closing every call fails at once", async () => {
  const server = await ownServer();
  const { connection, store, states } = await observe(server.url);
  connection.close();
  await expectUnavailable(store.read("u1", [contract]), "closed");
  expect(states).toEqual(["up", "down"]);
});

function stall(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
