/** Shipping the logs to where the configuration says: one shipper for each log and sink. */
import { join } from "node:path";
import type { Logger } from "pino";
import { LogFollower } from "../adapters/file/log-follower.ts";
import { openLiveSegments } from "../adapters/file/live-segments.ts";
import { FilePlaceStore } from "../adapters/file/shipping-places.ts";
import type { KafkaOptions } from "../adapters/kafka/log-sink.ts";
import { openRedis } from "../adapters/redis/connection.ts";
import { probeStreams, RedisStreamSink } from "../adapters/redis/stream-sink.ts";
import { LOG_KINDS, type LogKind, type LogSink } from "../core/shipping-ports.ts";
import type { Config } from "../ops/config.ts";
import type { Metrics } from "../ops/metrics.ts";
import { tellShipping } from "../ops/shipping.ts";
import type { Route } from "../ops/shipping-metrics.ts";
import { Shipper } from "../service/shipping/shipper.ts";
import type { LogWitness } from "./logs.ts";
import { TIMER } from "./timer.ts";

/** Nobody waits for it: as long as a busy Redis may take for a stretch of the log. */
const REDIS_ANSWER_MS = 2_000;

export interface Shipping extends LogWitness {
  /**
   * Segments of the log that began before, in ms since 1970 by their names, were shipped to all sinks; Infinity if there
   * is none. Asked before segments are deleted: what was not shipped must stay.
   */
  neededSinceMs(kind: LogKind): number;
  /** Ships what is left, for a few seconds. After the logs are closed. */
  close(): Promise<void>;
}

export interface ShippingParts {
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Throws when a saved place is damaged. Sinks that cannot be reached are no error: their logs wait. */
export async function openShipping(config: Config, parts: ShippingParts): Promise<Shipping> {
  const notesDirectory = join(config.DATA_DIR, "shipping");
  const open = (kind: LogKind) => openLiveSegments({ kind, directory: join(config.DATA_DIR, kind), notesDirectory });
  const live = { decisions: await open("decisions"), outcomes: await open("outcomes") };
  const sinks = await openSinks(config, parts);
  const shippers = sinks.flatMap(({ name, sink }) =>
    LOG_KINDS.map((kind) => {
      const log = new LogFollower({ kind, directory: join(config.DATA_DIR, kind), live: live[kind] });
      const places = new FilePlaceStore(join(notesDirectory, `${name}-${kind}.json`));
      const tell = tellShipping({ sink: name, kind }, { ...parts, nowMs: Date.now });
      const shipper = new Shipper({ log, sink, places, timer: TIMER, nowMs: Date.now, observer: tell });
      parts.metrics.shipping.watch({ sink: name, kind, shipper });
      return { kind, shipper };
    }),
  );
  for (const { shipper } of shippers) await shipper.start();
  return {
    opened: (kind, path) => live[kind].opened(path),
    wrote: (kind, bytes) => live[kind].wrote(bytes),
    neededSinceMs: (kind) =>
      Math.min(...shippers.filter((one) => one.kind === kind).map(({ shipper }) => shipper.neededSinceMs())),
    close: async () => {
      await Promise.all(shippers.map(({ shipper }) => shipper.close()));
      await Promise.all(sinks.map(({ sink }) => sink.close()));
    },
  };
}

interface OpenSink {
  readonly name: Route["sink"];
  readonly sink: LogSink;
}

async function openSinks(config: Config, { logger }: ShippingParts): Promise<readonly OpenSink[]> {
  const sinks: OpenSink[] = [];
  const { SHIP_REDIS_URL: url, SHIP_KAFKA_BROKERS: brokers } = config;
  if (url !== undefined) {
    const names = { prefix: config.SHIP_REDIS_PREFIX, entriesMax: config.SHIP_REDIS_LENGTH };
    const connection = await openRedis({
      url,
      timeoutMs: REDIS_ANSWER_MS,
      probe: probeStreams(names),
      now: () => performance.now(),
      onState: (state) => logger[state === "up" ? "info" : "error"]({ state }, "Redis that logs are shipped to"),
    });
    sinks.push({ name: "redis", sink: new RedisStreamSink(connection, names) });
  }
  if (brokers !== undefined) {
    // Its client takes 50 MB and a third of a second: only where it is used.
    const { KafkaLogSink } = await import("../adapters/kafka/log-sink.ts");
    sinks.push({ name: "kafka", sink: new KafkaLogSink(kafkaOptions(config, brokers)) });
  }
  return sinks;
}

function kafkaOptions(config: Config, brokers: readonly string[]): KafkaOptions {
  const { SHIP_KAFKA_CA: ca, SHIP_KAFKA_CERT: cert } = config;
  const tls = { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key: cert }) };
  return {
    brokers,
    prefix: config.SHIP_KAFKA_PREFIX,
    tls: config.SHIP_KAFKA_TLS === "on" ? tls : null,
    sasl: config.SHIP_KAFKA_SASL ?? null,
  };
}
