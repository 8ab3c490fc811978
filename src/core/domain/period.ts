/** How time is cut up: periods that budgets and caps count in. Instants are milliseconds since 1970. */

/** Lengths of calendar periods. A week is that of ISO 8601: it starts on Monday. */
export const SPANS = ["hour", "day", "week", "month", "quarter", "year"] as const;
export type Span = (typeof SPANS)[number];

/** Periods one after the other, as the wall clocks of a time zone count them. */
export interface CalendarRule {
  readonly kind: "calendar";
  readonly every: Span;
  /** An IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
}

/** One period and no other. */
export interface FixedRule {
  readonly kind: "fixed";
  readonly fromMs: number;
  /** Not included. > `fromMs`. */
  readonly untilMs: number;
}

export type PeriodRule = CalendarRule | FixedRule;

/** The last `spanMs` milliseconds before now, at every instant anew. > 0. */
export interface RollingRule {
  readonly kind: "rolling";
  readonly spanMs: number;
}

/** Over what a cap counts. */
export type WindowRule = CalendarRule | RollingRule;

/** Every instant from `startMs` up to, and without, `endMs`: the next boundary. */
export interface Period {
  /** The same for the same period, always and everywhere, such as `2026-11@Europe/Berlin`. */
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
}
