import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { openRedis } from "../../../src/adapters/redis/connection.ts";
import { probeStreams, RedisStreamSink } from "../../../src/adapters/redis/stream-sink.ts";
import { describeLogSink, recordOf } from "../../contracts/log-sink.ts";
import { type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { streamed } from "../../support/redis-streams.ts";
import { PATIENT_MS } from "./observed-connection.ts";

let server: RedisServer;
let operator: Redis;

beforeAll(async () => {
  server = await startRedisServer(["--appendonly", "yes", "--appendfsync", "always"]);
  operator = new Redis(server.url);
  operator.on("error", () => undefined);
});
afterAll(async () => {
  operator.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await operator.flushall();
});

async function openSink(prefix: string, { url = server.url, entriesMax = undefined as number | undefined } = {}) {
  const names = { prefix, entriesMax };
  const connection = await openRedis({
    url,
    timeoutMs: PATIENT_MS,
    probe: probeStreams(names),
    now: () => performance.now(),
    onState: () => undefined,
  });
  const sink = new RedisStreamSink(connection, names);
  onTestFinished(() => sink.close());
  return sink;
}

describeLogSink("Redis", () => ({
  open: async () => ({
    sink: await openSink("liftgate"),
    received: (kind) => streamed(operator, `liftgate:${kind}`, kind),
  }),
  kill: () => server.kill(),
  restart: () => server.restart(),
}));

test("a stream that is limited keeps about so many of the newest entries", async () => {
  const sink = await openSink("short", { entriesMax: 100 });
  for (let first = 0; first < 2_000; first += 200) {
    await sink.send(Array.from({ length: 200 }, (_, i) => recordOf(first + i)));
  }
  const kept = await streamed(operator, "short:decisions", "decisions");
  expect(kept.length).toBeGreaterThanOrEqual(100);
  expect(kept.length).toBeLessThan(400);
  expect(kept.at(-1)).toEqual(recordOf(1_999));
});

test("a stream of which some entries would be refused gets none of them", async () => {
  const sink = await openSink("liftgate");
  await sink.send([recordOf(1)]);
  await operator.config("SET", "maxmemory", "1");
  await expect(sink.send([recordOf(2), recordOf(3)])).rejects.toMatchObject({
    code: "sink_unavailable",
    message: "The log's streams cannot be written: Redis replied EXECABORT",
  });
  await operator.config("SET", "maxmemory", "0");
  expect(await streamed(operator, "liftgate:decisions", "decisions")).toEqual([recordOf(1)]);
});

test("a key that is no stream is down, and up when it is gone", async () => {
  await operator.set("liftgate:decisions", "poison");
  const sink = await openSink("liftgate");
  await expect(sink.send([recordOf(1)])).rejects.toMatchObject({
    message: "The log's streams cannot be written: Redis replied WRONGTYPE",
  });
  await operator.del("liftgate:decisions");
  await expect.poll(() => sink.send([recordOf(1)]).then(() => "sent", String)).toBe("sent");
});

test("an account that may do no more than it needs is enough", async () => {
  const needed = ["+xadd", "+xlen", "+multi", "+exec", "+info"];
  await operator.call("ACL", "SETUSER", "shipper", "on", ">secret", "~liftgate:*", "-@all", ...needed);
  const sink = await openSink("liftgate", { url: server.url.replace("//", "//shipper:secret@") });
  await sink.send([recordOf(1)]);
  expect(await streamed(operator, "liftgate:decisions", "decisions")).toEqual([recordOf(1)]);
});
