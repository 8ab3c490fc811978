import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { recoverLog } from "../../../src/adapters/file/cut-torn-tail.ts";
import type { ShippedRecord } from "../../../src/core/shipping-ports.ts";
import { recordsIn, TestDirectory } from "../../support/decision-log-files.ts";
import { hasKafka, startKafkaBroker } from "../../support/kafka-broker.ts";
import { consumed, createTopics } from "../../support/kafka-topics.ts";
import { startRedisServer } from "../../support/redis-server.ts";
import { streamed } from "../../support/redis-streams.ts";
import { shipDecisions } from "../../support/ship-decisions.ts";

const CHILD = fileURLToPath(new URL("../../support/ship-until-killed.ts", import.meta.url));
/** Confirmed stretches after which each round kills; drawn once, so every run kills at the same counts. */
const KILL_AFTER = fc.sample(fc.integer({ min: 1, max: 25 }), { seed: 20261121, numRuns: 5 });

describe("kill -9 while logging and shipping", () => {
  test("to Redis: every record of the log is there, in its segment's order, none but by repetition twice", async () => {
    await using redis = await startRedisServer();
    const operator = new Redis(redis.url);
    operator.on("error", () => undefined);
    onTestFinished(() => operator.disconnect());
    await expectShipped(redis.url, async () => await streamed(operator, "liftgate:decisions", "decisions"));
  }, 120_000);

  // `npm test` fetches a broker where Java and Maven are; elsewhere it says that this is skipped.
  test.skipIf(!hasKafka())(
    "to Kafka: the same, in a topic of one partition",
    async () => {
      const broker = await startKafkaBroker();
      onTestFinished(() => broker.stop());
      await createTopics(broker.address, ["liftgate.decisions", "liftgate.outcomes"]);
      const received = () => consumed(broker.address, "liftgate.decisions", "decisions");
      await expectShipped(`kafka://${broker.address}`, received);
    },
    120_000,
  );
});

async function expectShipped(url: string, received: () => Promise<readonly ShippedRecord[]>): Promise<void> {
  using data = new TestDirectory();
  const acknowledged: (readonly number[])[] = [];
  for (const [round, count] of KILL_AFTER.entries()) {
    const first = round * 1_000_000;
    acknowledged.push(await shipUntilKilled({ dataDir: data.path, url, first, count }));
    // As the keeper would: among them may be the one that was being shipped.
    compressAllBut(join(data.path, "decisions"), 2 + (round % 3));
  }
  tear(join(data.path, "decisions"));
  // As the service does before it goes on.
  await recoverLog(join(data.path, "decisions"), "decisions");
  const logged = await loggedIn(join(data.path, "decisions"));
  const rest = await shipDecisions({ dataDir: data.path, url });
  await expect.poll(() => rest.shipper.backlogBytes(), { timeout: 30_000 }).toBe(0);
  await rest.close();

  const deduped = [...new Set((await received()).map(({ line }) => line))];
  expect(deduped).toHaveLength(logged.flat().length);
  const placeOf = new Map(deduped.map((line, place) => [line, place]));
  for (const segment of logged) {
    const places = segment.map((line) => placeOf.get(line) ?? -1);
    expect(places.every((place, i) => place > (places[i - 1] ?? -1))).toBe(true);
  }
  const numbers = new Set(deduped.map((line) => Number(JSON.parse(line).number)));
  expect(acknowledged.flat().filter((number) => !numbers.has(number))).toEqual([]);
  expect(rest.failures).toEqual([]);
}

test("a Redis that is gone for a while: the backlog drains, nothing is lost and nothing waited for it", async () => {
  await using redis = await startRedisServer(["--appendonly", "yes", "--appendfsync", "always"]);
  using data = new TestDirectory();
  const operator = new Redis(redis.url);
  operator.on("error", () => undefined);
  onTestFinished(() => operator.disconnect());
  let shipped = 0;
  const shipping = await shipDecisions({
    dataDir: data.path,
    url: redis.url,
    onShipped: (records) => {
      shipped += records;
    },
  });
  const append = (first: number) =>
    Promise.all(Array.from({ length: 500 }, (_, i) => shipping.log.append(lineOf(first + i))));
  await append(0);
  await expect.poll(() => shipped).toBeGreaterThanOrEqual(500);
  await redis.kill();
  await append(500);
  await expect.poll(() => shipping.failures.length).toBeGreaterThan(1);
  expect(await shipping.shipper.backlogBytes()).toBeGreaterThan(500 * 1_000);
  await append(1_000);
  await redis.restart();
  await expect.poll(() => shipping.shipper.backlogBytes(), { timeout: 30_000 }).toBe(0);
  await shipping.close();
  const sent = new Set((await streamed(operator, "liftgate:decisions", "decisions")).map(({ line }) => line));
  expect([...sent]).toEqual(Array.from({ length: 1_500 }, (_, i) => lineOf(i)));
});

function lineOf(number: number): string {
  const decisionId = `d${number}`;
  return JSON.stringify({ schema: "liftgate.decision.v1", decisionId, number, filler: "x".repeat(1_000) });
}

interface Round {
  readonly dataDir: string;
  readonly url: string;
  /** Number of the first record. */
  readonly first: number;
  /** Stretches to wait for. */
  readonly count: number;
}

/** Kills the child by its id once it printed so many dots; returns what it had acknowledged by the time it was dead. */
async function shipUntilKilled({ dataDir, url, first, count }: Round): Promise<readonly number[]> {
  using notes = new TestDirectory();
  const noted = join(notes.path, "acknowledged");
  const child = spawn(execPath, [CHILD, dataDir, url, String(first), noted], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let dots = 0;
  for await (const chunk of child.stdout.setEncoding("latin1")) {
    dots += String(chunk).length;
    if (dots >= count) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return readFileSync(noted, "latin1").split("\n").slice(0, -1).map(Number);
}

/** Of every segment its records, plain or compressed. */
async function loggedIn(directory: string): Promise<readonly (readonly string[])[]> {
  const segments: (readonly string[])[] = [];
  for (const name of readdirSync(directory).toSorted()) {
    using one = new TestDirectory();
    const bytes = readFileSync(join(directory, name));
    writeFileSync(
      join(one.path, name.replace(/\.zst$/, "")),
      name.endsWith(".zst") ? zstdDecompressSync(bytes) : bytes,
    );
    segments.push(await recordsIn(one.path));
  }
  return segments;
}

/** The newest segment ends within a record, as a kill may leave it at any time. */
function tear(directory: string): void {
  const newest = readdirSync(directory)
    .filter((name) => name.endsWith(".ndjson"))
    .toSorted()
    .at(-1);
  if (newest === undefined) throw new Error("expected a segment that is not compressed");
  appendFileSync(join(directory, newest), lineOf(-1).slice(0, 700));
}

/** All but the newest so many, that are whole. */
function compressAllBut(directory: string, kept: number): void {
  const names = readdirSync(directory).filter((name) => name.endsWith(".ndjson"));
  for (const name of names.toSorted().slice(0, -kept)) {
    const path = join(directory, name);
    const bytes = readFileSync(path);
    if (bytes.at(-1) !== 0x0a) continue;
    writeFileSync(`${path}.zst`, zstdCompressSync(bytes));
    rmSync(path);
  }
}
