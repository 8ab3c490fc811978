/** Numbers as people read them: as many digits as the interval has to say. The exact number is in `<data value>`. */
import type { Estimate, Range } from "../core/evaluation/evaluation.ts";
import { type Html, html } from "./markup.ts";

/** More decimals than these say nothing of money. */
const DECIMALS_MAX = 8;

/** Decimals that show two significant digits of half the interval. */
export function decimalsOf({ low, high }: Range): number {
  const half = (high - low) / 2;
  if (!(half > 0)) return 4;
  return Math.min(DECIMALS_MAX, Math.max(0, 1 - Math.floor(Math.log10(half))));
}

/**
 * @example fixed(-1234.5678, 2) // "−1,234.57"
 */
export function fixed(figure: number, decimals: number): string {
  const text = figure.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return minus(/^-[0.,]*$/.test(text) ? text.slice(1) : text);
}

/** To four significant digits. */
export function plain(figure: number): string {
  const small = figure !== 0 && (Math.abs(figure) < 1e-4 || Math.abs(figure) >= 1e15);
  return minus(small ? figure.toExponential(3) : figure.toLocaleString("en-US", { maximumSignificantDigits: 4 }));
}

/** `0.0214 (0.0086 to 0.0342)` */
export function withRange(estimate: Estimate): string {
  const decimals = decimalsOf(estimate);
  const { low, high } = estimate;
  return `${fixed(estimate.estimate, decimals)} (${fixed(low, decimals)} to ${fixed(high, decimals)})`;
}

export function percent(share: number): string {
  return `${fixed(share * 100, 1)} %`;
}

export function numberOf(figure: number): Html {
  return datum(figure, plain(figure));
}

export function countOf(count: number): Html {
  return datum(count, fixed(count, 0));
}

export function shareOf(share: number): Html {
  return datum(share, percent(share));
}

export function rangeOf({ low, high }: Range): Html {
  const decimals = decimalsOf({ low, high });
  return html`${datum(low, fixed(low, decimals))} to ${datum(high, fixed(high, decimals))}`;
}

/** The estimate, and under it the interval and the standard error. */
export function estimateOf(estimate: Estimate): Html {
  const decimals = decimalsOf(estimate);
  const error = datum(estimate.standardError, fixed(estimate.standardError, decimals));
  const figure = datum(estimate.estimate, fixed(estimate.estimate, decimals));
  return html`<b>${figure}</b> <small>${rangeOf(estimate)}; SE ${error}</small>`;
}

function datum(value: number, text: string): Html {
  return html`<data value="${String(value)}">${text}</data>`;
}

function minus(text: string): string {
  return text.replace("-", "−");
}
