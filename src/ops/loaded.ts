/** Tells operators what a load or reload came to: log lines for faults, gauges for what serves. */
import type { Logger } from "pino";
import type { ReloadAnswer } from "../contract/catalog.ts";
import type { Catalog } from "../service/catalog.ts";
import type { Metrics } from "./metrics.ts";

export interface Telling {
  readonly catalog: Catalog;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export function tellLoaded(answer: ReloadAnswer, { catalog, metrics, logger }: Telling): void {
  for (const kind of ["models", "programs"] as const) {
    for (const { id, outcome, faults } of answer[kind]) {
      metrics.reloads.inc({ kind, outcome });
      const level = faults.length > 0 ? "error" : "info";
      logger[level]({ kind, id, outcome, ...(faults.length > 0 && { faults }) }, "loaded from disk");
    }
  }
  metrics.modelInfo.reset();
  for (const { name, version, digest } of catalog.models()) {
    if (digest !== null) metrics.modelInfo.set({ model: name, version, digest: digest.slice(0, 19) }, 1);
  }
  metrics.programInfo.reset();
  for (const { id, version, digest, state } of catalog.programs()) {
    metrics.programInfo.set({ program: id, version, digest: digest.slice(0, 19), state }, 1);
  }
}
