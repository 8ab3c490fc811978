/** Tells operators how shipping goes. */
import type { Logger } from "pino";
import type { ShippingObserver } from "../service/shipping/shipper.ts";
import type { Metrics } from "./metrics.ts";
import type { Route } from "./shipping-metrics.ts";

export interface Telling {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** The log is told when shipping begins to fail and when it goes on, not of every attempt between. */
export function tellShipping({ sink, kind }: Route, { metrics, logger, nowMs }: Telling): ShippingObserver {
  const { shipping } = metrics;
  const route = { sink, kind };
  let isFailing = false;
  shipping.shipped.inc(route, 0);
  shipping.failures.inc(route, 0);
  return {
    shipped: (records) => {
      shipping.shipped.inc(route, records);
      shipping.lastSuccess.set(route, nowMs() / 1_000);
      if (isFailing) logger.info(route, "log is shipped again");
      isFailing = false;
    },
    skipped: ({ reason, place, bytes }) => {
      shipping.skipped.inc({ ...route, reason });
      logger.error({ ...route, reason, ...place, bytes }, "part of the log cannot be shipped");
    },
    failed: (err) => {
      shipping.failures.inc(route);
      if (!isFailing) logger.error({ ...route, err }, "log cannot be shipped now");
      isFailing = true;
    },
  };
}
