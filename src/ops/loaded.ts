/** Tells operators what a load or reload came to: log lines for faults, gauges for what serves. */
import type { Logger } from "pino";
import type { ReloadAnswer } from "../contract/catalog.ts";
import type { Catalog } from "../service/catalog.ts";
import type { Metrics } from "./metrics.ts";

export interface Telling {
  readonly catalog: Catalog;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

export function tellLoaded(answer: ReloadAnswer, { catalog, metrics, logger, nowMs }: Telling): void {
  for (const kind of ["models", "programs"] as const) {
    for (const { id, outcome, faults } of answer[kind]) {
      metrics.reloads.inc({ kind, outcome });
      const level = faults.length > 0 ? "error" : "info";
      logger[level]({ kind, id, outcome, ...(faults.length > 0 && { faults }) }, "loaded from disk");
    }
  }
  showModels(metrics, catalog);
  showPrograms(metrics, catalog);
  for (const { id, outcome } of answer.programs) {
    if (outcome === "loaded" || outcome === "admitted") metrics.programLoaded.set({ program: id }, nowMs() / 1_000);
    if (outcome === "removed") metrics.programLoaded.remove({ program: id });
  }
}

function showModels(metrics: Metrics, catalog: Catalog): void {
  metrics.modelInfo.reset();
  metrics.modelCreated.reset();
  for (const { name: model, version, digest, createdAt } of catalog.models()) {
    if (digest === null || createdAt === null) continue;
    metrics.modelInfo.set({ model, version, digest }, 1);
    metrics.modelCreated.set({ model, version }, Date.parse(createdAt) / 1_000);
  }
}

function showPrograms(metrics: Metrics, catalog: Catalog): void {
  metrics.programInfo.reset();
  for (const { id: program, version, digest, state } of catalog.programs()) {
    metrics.programInfo.set({ program, version, digest, state }, 1);
  }
}
