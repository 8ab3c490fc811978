/** The logs as Prometheus metrics, and what operators are told of them. The label is which log. */
import type { Logger } from "pino";
import { Counter, Gauge, type Registry } from "prom-client";

export type LogMetrics = ReturnType<typeof createLogMetrics>;

export function createLogMetrics(registers: Registry[]) {
  const labelNames = ["log"] as const;
  const queuedBytes = new Map<string, number>();
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  return {
    bytes: counter("liftgate_log_bytes_total", "Bytes appended to a log"),
    /** By log: it changes with every record, and is told when it is asked for. */
    queuedBytes,
    queue: new Gauge({
      name: "liftgate_log_queue_bytes",
      help: "Bytes of records waiting to become durable",
      labelNames,
      registers,
      collect() {
        for (const [log, bytes] of queuedBytes) this.set({ log }, bytes);
      },
    }),
    errors: counter("liftgate_log_errors_total", "Writes of a log that failed; none was acknowledged"),
    disk: gauge("liftgate_log_disk_bytes", "Bytes of a log on the disk"),
    oldest: gauge("liftgate_log_oldest_timestamp_seconds", "When the oldest segment on the disk was begun"),
    damaged: gauge("liftgate_log_damaged_segments", "Segments put aside because a line in them is no record"),
    torn: counter("liftgate_log_torn_tails_total", "Torn tails cut off; none was acknowledged"),
    keeperErrors: counter(
      "liftgate_log_keeper_errors_total",
      "Steps of recovery, compression and deletion that failed",
    ),
  } as const;
}

/** Everything a log and its keeper report goes through here. */
export function tellLog(log: string, { metrics, logger }: { readonly metrics: LogMetrics; readonly logger: Logger }) {
  metrics.queuedBytes.set(log, 0);
  for (const total of [metrics.bytes, metrics.errors, metrics.torn, metrics.keeperErrors]) total.inc({ log }, 0);
  return {
    queued: (bytes: number) => metrics.queuedBytes.set(log, bytes),
    wrote: ({ bytes }: { readonly bytes: number }) => metrics.bytes.inc({ log }, bytes),
    segmentOpened: (path: string) => logger.info({ log, path }, "log segment"),
    failed: (err: unknown, refusedLines: number) => {
      metrics.errors.inc({ log });
      logger.error({ log, err, refusedLines }, "log cannot be written");
    },
    cutOff: ({ path, bytes }: { readonly path: string; readonly bytes: number }) => {
      metrics.torn.inc({ log });
      logger.warn({ log, path, bytes }, "torn tail cut off");
    },
    measured: ({ bytes, oldestMs, damaged }: MeasuredLog) => {
      metrics.disk.set({ log }, bytes);
      metrics.damaged.set({ log }, damaged);
      if (oldestMs === null) metrics.oldest.remove({ log });
      else metrics.oldest.set({ log }, oldestMs / 1_000);
    },
    sealed: (path: string, sealing: { readonly kind: string }) => {
      if (sealing.kind === "damaged") logger.error({ log, path, ...sealing }, "damaged segment put aside");
      else logger.debug({ log, path, ...sealing }, "segment sealed");
    },
    deleted: (path: string) => logger.info({ log, path }, "segment deleted: older than LOG_RETENTION"),
    keepingFailed: (err: unknown) => {
      metrics.keeperErrors.inc({ log });
      logger.error({ log, err }, "log cannot be kept");
    },
  };
}

interface MeasuredLog {
  readonly bytes: number;
  readonly oldestMs: number | null;
  readonly damaged: number;
}
