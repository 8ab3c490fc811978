/** A decision log in small segments that is shipped to a real server while it is written, as the service does it. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { FileDecisionLog } from "../../src/adapters/file/decision-log.ts";
import { openLiveSegments } from "../../src/adapters/file/live-segments.ts";
import { LogFollower } from "../../src/adapters/file/log-follower.ts";
import { FilePlaceStore } from "../../src/adapters/file/shipping-places.ts";
import { KafkaLogSink } from "../../src/adapters/kafka/log-sink.ts";
import { openRedis } from "../../src/adapters/redis/connection.ts";
import { probeStreams, RedisStreamSink } from "../../src/adapters/redis/stream-sink.ts";
import type { LogSink, SkippedPart } from "../../src/core/shipping-ports.ts";
import { TIMER } from "../../src/compose/timer.ts";
import { Shipper } from "../../src/service/shipping/shipper.ts";
import { LogWitness } from "./decision-log-files.ts";

export interface ShipDecisionsOptions {
  readonly dataDir: string;
  /** `redis://host:port` or `kafka://host:port`. */
  readonly url: string;
  readonly onShipped?: (records: number) => void;
}

export async function shipDecisions({ dataDir, url, onShipped = () => undefined }: ShipDecisionsOptions) {
  const directory = join(dataDir, "decisions");
  const kind = "decisions";
  const live = await openLiveSegments({ kind, directory, notesDirectory: join(dataDir, "shipping") });
  const sink = await openSink(url);
  const skipped: SkippedPart[] = [];
  const failures: unknown[] = [];
  const shipper = new Shipper({
    log: new LogFollower({ kind, directory, live }),
    sink,
    places: new FilePlaceStore(join(dataDir, "shipping", "decisions.json")),
    timer: TIMER,
    nowMs: Date.now,
    observer: {
      shipped: onShipped,
      skipped: (part) => skipped.push(part),
      failed: (cause) => failures.push(cause),
    },
  });
  const log = new FileDecisionLog({
    directory,
    durability: "process",
    clock: Date.now,
    stopwatch: () => performance.now(),
    segmentSuffix: () => randomBytes(4).toString("hex"),
    observer: Object.assign(new LogWitness(), {
      segmentOpened: (path: string) => live.opened(path),
      wrote: ({ bytes }: { readonly bytes: number }) => live.wrote(bytes),
    }),
    segmentBytesMax: 512 * 1024,
  });
  await shipper.start();
  return {
    log,
    shipper,
    skipped,
    failures,
    /** Ships what is left and lets go. */
    close: async () => {
      await log.close();
      await shipper.close();
      await sink.close();
    },
  };
}

async function openSink(url: string): Promise<LogSink> {
  const prefix = "liftgate";
  if (url.startsWith("kafka:")) {
    return new KafkaLogSink({ brokers: [url.replace("kafka://", "")], prefix, tls: null, sasl: null });
  }
  const names = { prefix, entriesMax: undefined };
  const connection = await openRedis({
    url,
    timeoutMs: 2_000,
    probe: probeStreams(names),
    now: () => performance.now(),
    onState: () => undefined,
  });
  return new RedisStreamSink(connection, names);
}
