/** How shipping the logs goes, as Prometheus metrics; the backlog is read from the disk when it is asked for. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { LogKind } from "../core/shipping-ports.ts";
import type { Shipper } from "../service/shipping/shipper.ts";

/** One log on its way to one sink. */
export interface Route {
  readonly sink: "redis" | "kafka";
  readonly kind: LogKind;
}

interface Watched extends Route {
  readonly shipper: Pick<Shipper, "backlogBytes" | "backlogAgeMs">;
}

const ROUTE = ["sink", "kind"] as const;

export function createShippingMetrics(registers: Registry[]) {
  const watched: Watched[] = [];
  const counter = (name: string, help: string, ...more: readonly string[]) =>
    new Counter({ name, help, labelNames: [...ROUTE, ...more], registers });
  return {
    /** Exports the shipper's backlog from now on. */
    watch: (route: Watched) => void watched.push(route),
    backlogBytes: new Gauge({
      name: "liftgate_shipping_backlog_bytes",
      help: "Bytes of log on disk that the sink has not confirmed",
      labelNames: ROUTE,
      registers,
      collect: backlogBytesOf(watched),
    }),
    backlogAge: new Gauge({
      name: "liftgate_shipping_backlog_age_seconds",
      help: "Age of the oldest record that the sink has not confirmed; 0 when there is none",
      labelNames: ROUTE,
      registers,
      collect() {
        for (const { sink, kind, shipper } of watched) this.set({ sink, kind }, shipper.backlogAgeMs() / 1_000);
      },
    }),
    shipped: counter("liftgate_shipped_records_total", "Records that the sink confirmed, repeated ones included"),
    skipped: counter(
      "liftgate_shipping_skipped_total",
      "Parts of the log that nobody could read, and were passed over, by reason",
      "reason",
    ),
    failures: counter(
      "liftgate_shipping_failures_total",
      "Attempts to ship that failed; nothing is lost, they are repeated",
    ),
    lastSuccess: new Gauge({
      name: "liftgate_shipping_last_success_timestamp_seconds",
      help: "When the sink last confirmed records",
      labelNames: ROUTE,
      registers,
    }),
  } as const;
}

/** A folder that cannot be read now leaves the figure as it was: shipping from it fails too, and is counted. */
function backlogBytesOf(watched: readonly Watched[]) {
  return async function collect(this: Gauge<(typeof ROUTE)[number]>): Promise<void> {
    for (const { sink, kind, shipper } of watched) {
      const bytes = await shipper.backlogBytes().catch(() => null);
      if (bytes !== null) this.set({ sink, kind }, bytes);
    }
  };
}
