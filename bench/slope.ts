/**
 * The straight line through points by Theil and Sen: the median of the slopes of all pairs, which a few points that are
 * far off (a thread that compresses a segment, a collection that is late) do not move.
 */
import { spread } from "./statistics.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Slope {
  /** Median of y. */
  readonly level: number;
  /** From the first point to the last. */
  readonly rise: number;
}

/** @param points at least two, by rising x */
export function slopeOf(points: readonly Point[]): Slope {
  const slopes = points.flatMap((a, i) => points.slice(i + 1).map((b) => (b.y - a.y) / (b.x - a.x)));
  const span = (points.at(-1)?.x ?? NaN) - (points[0]?.x ?? NaN);
  return { level: spread(points.map(({ y }) => y)).median, rise: spread(slopes).median * span };
}
