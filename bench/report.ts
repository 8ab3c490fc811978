/** The figures of one bench, as a document for files and as tables for people. */
import type { DecideCost } from "./decide-cost-result.ts";
import type { Measurement, Measurements } from "./rounds.ts";
import { type Spread, spread } from "./statistics.ts";

export interface ServerFigures {
  readonly requestsPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** null where the system does not tell. */
  readonly cpuMicrosPerRequest: Spread | null;
  readonly generatorBusy: Spread;
  readonly rounds: readonly Measurement[];
}

/** How often the service answers for each answer of another server, round by round. */
export interface RatioFigures {
  readonly against: string;
  readonly requestsPerSecond: Spread;
  /** Processor time per request of the other by that of the service: the same ratio where the processor is the limit. */
  readonly cpu: Spread | null;
}

export interface Report {
  readonly date: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly setup: Readonly<Record<string, string | number>>;
  readonly servers: Readonly<Record<string, ServerFigures>>;
  readonly ratios: readonly RatioFigures[];
  readonly decide: DecideCost;
  /** What was left out, and why. */
  readonly skipped: readonly string[];
}

export function serverFigures(rounds: readonly Measurement[]): ServerFigures {
  const cpu = rounds.flatMap(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest ?? []);
  return {
    requestsPerSecond: spread(rounds.map((round) => round.requestsPerSecond)),
    p50Ms: spread(rounds.map((round) => round.p50Ms)),
    p99Ms: spread(rounds.map((round) => round.p99Ms)),
    cpuMicrosPerRequest: cpu.length === rounds.length ? spread(cpu) : null,
    generatorBusy: spread(rounds.map((round) => round.generatorBusy)),
    rounds,
  };
}

/** `service` against `against`, each round by itself: what disturbed one round disturbed both. */
export function ratioFigures(measurements: Measurements, against: string): RatioFigures {
  const pairs = (measurements.get("service") ?? []).flatMap((own, round) => {
    const other = measurements.get(against)?.[round];
    return other === undefined ? [] : [{ own, other }];
  });
  const cpu = pairs.flatMap(({ own, other }) =>
    own.cpuMicrosPerRequest === null || other.cpuMicrosPerRequest === null
      ? []
      : other.cpuMicrosPerRequest / own.cpuMicrosPerRequest,
  );
  return {
    against,
    requestsPerSecond: spread(pairs.map(({ own, other }) => own.requestsPerSecond / other.requestsPerSecond)),
    cpu: cpu.length === pairs.length && cpu.length > 0 ? spread(cpu) : null,
  };
}

export function textOf(report: Report): string {
  return [
    "",
    ...serverTable(report),
    "",
    ...report.ratios.map(ratioLine),
    ...report.skipped.map((line) => `left out: ${line}`),
    "",
    ...decideTable(report.decide),
    "",
    ...Object.entries({ ...report.machine, ...report.setup }).map(([name, value]) => `${name}: ${value}`),
  ].join("\n");
}

function serverTable({ servers }: Report): readonly string[] {
  const head = ["", "requests/s (min–max)", "p50 ms", "p99 ms", "CPU µs/request", "generator busy"];
  const lines = Object.entries(servers).map(([name, figures]) => [
    name,
    withRange(figures.requestsPerSecond, 0),
    withRange(figures.p50Ms, 2),
    withRange(figures.p99Ms, 2),
    figures.cpuMicrosPerRequest === null ? "–" : withRange(figures.cpuMicrosPerRequest, 1),
    `${(100 * figures.generatorBusy.median).toFixed(0)} %`,
  ]);
  return columns([head, ...lines]);
}

function ratioLine({ against, requestsPerSecond, cpu }: RatioFigures): string {
  const byCpu = cpu === null ? "" : `; by CPU time ${withRange(cpu, 3)}`;
  return `service / ${against}: ${withRange(requestsPerSecond, 3)} of its requests/s${byCpu}`;
}

function decideTable({ cases, ratio }: DecideCost): readonly string[] {
  const lines = cases.map(({ paidActions, micros, bytes }) => [
    `${paidActions} actions + no_offer`,
    withRange(micros, 2),
    bytes.toFixed(0),
  ]);
  return [
    ...columns([["decide() alone", "µs/call (min–max)", "bytes/call"], ...lines]),
    `${cases.at(-1)?.paidActions} / ${cases[0]?.paidActions} actions: ${withRange(ratio, 2)} times the time`,
  ];
}

function withRange({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function columns(table: readonly (readonly string[])[]): readonly string[] {
  const widths = (table[0] ?? []).map((_, i) => Math.max(...table.map((line) => line[i]?.length ?? 0)));
  return table.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
