/** Cumulative profit over the months as one SVG: a line for each policy, its range over the seeds, and what happened when. */
import { POLICIES, type PolicyName } from "./score.ts";

export interface Curve {
  /** Of each day, in USD. */
  readonly mean: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export interface LoopPlot {
  readonly title: string;
  readonly days: number;
  readonly curves: Readonly<Record<PolicyName, Curve>>;
  readonly marks: readonly { readonly day: number; readonly words: string }[];
  readonly months: readonly { readonly day: number; readonly name: string }[];
}

const WIDTH = 860;
const HEIGHT = 460;
const FRAME = { left: 70, right: 150, top: 64, bottom: 40 };
const INNER = { width: WIDTH - FRAME.left - FRAME.right, height: HEIGHT - FRAME.top - FRAME.bottom };
const TICKS = 6;
/** Told apart without colour, too. */
const LOOKS: Readonly<Record<PolicyName, { readonly color: string; readonly dash: string; readonly width: number }>> = {
  liftgate: { color: "#0b5fa5", dash: "", width: 3 },
  oracle: { color: "#222222", dash: "8 4", width: 2 },
  "likely buyers": { color: "#b3541e", dash: "2 3", width: 2 },
  "best single offer": { color: "#5b7f2b", dash: "10 3 2 3", width: 2 },
  random: { color: "#8a5aa8", dash: "5 5", width: 2 },
  "no offers": { color: "#888888", dash: "", width: 1 },
};
/** Labels at the right end are kept so far apart. */
const LABEL_GAP = 15;

export function svgOf(plot: LoopPlot): string {
  const scale = scaleOf(plot);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${plot.title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${FRAME.left}" y="20" font-size="15" font-weight="bold">${plot.title}</text>`,
    ...gridOf(plot, scale),
    ...marksOf(plot, scale),
    ...POLICIES.flatMap((name) => curveOf(name, plot.curves[name], scale)),
    ...labelsOf(plot, scale),
    "</svg>",
  ].join("\n");
}

interface Scale {
  readonly x: (day: number) => number;
  readonly y: (usd: number) => number;
  readonly ticks: readonly number[];
}

function scaleOf({ days, curves }: LoopPlot): Scale {
  const low = Math.min(0, ...POLICIES.flatMap((name) => curves[name].low));
  const high = Math.max(1, ...POLICIES.flatMap((name) => curves[name].high));
  const step = niceStep((high - low) / TICKS);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const bottom = first * step;
  return {
    x: (day) => FRAME.left + (INNER.width * day) / days,
    y: (usd) => FRAME.top + INNER.height * (1 - (usd - bottom) / (last * step - bottom)),
    ticks,
  };
}

/** 1, 2 or 5 times a power of ten, at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
}

function gridOf({ months }: LoopPlot, { x, y, ticks }: Scale): readonly string[] {
  const right = FRAME.left + INNER.width;
  return [
    ...ticks.map(
      (usd) =>
        `<path d="M${FRAME.left} ${y(usd).toFixed(1)}H${right}" stroke="${usd === 0 ? "#666666" : "#dddddd"}"/>` +
        `<text x="${FRAME.left - 6}" y="${(y(usd) + 4).toFixed(1)}" text-anchor="end">${usd.toLocaleString("en")}</text>`,
    ),
    ...months.map(({ day, name }) => `<text x="${(x(day) + 4).toFixed(1)}" y="${HEIGHT - 18}">${name}</text>`),
    `<text x="${FRAME.left}" y="${HEIGHT - 3}" fill="#555555">USD, expected value less expected cost</text>`,
  ];
}

function marksOf({ marks }: LoopPlot, { x }: Scale): readonly string[] {
  return marks.map(
    ({ day, words }, i) =>
      `<path d="M${x(day).toFixed(1)} ${FRAME.top - 8}V${FRAME.top + INNER.height}" stroke="#999999" stroke-dasharray="1 3"/>` +
      `<text x="${(x(day) + 3).toFixed(1)}" y="${FRAME.top - 22 + 12 * (i % 2)}" font-size="11">${words}</text>`,
  );
}

function curveOf(name: PolicyName, { mean, low, high }: Curve, { x, y }: Scale): readonly string[] {
  const at = (values: readonly number[]) => values.map((usd, day) => `${x(day).toFixed(1)} ${y(usd).toFixed(1)}`);
  const { color, dash, width } = LOOKS[name];
  const band = [...at(high), ...at(low).toReversed()];
  return [
    `<path d="M${band.join("L")}Z" fill="${color}" opacity="0.13"/>`,
    `<path d="M${at(mean).join("L")}" fill="none" stroke="${color}" stroke-width="${width}" stroke-dasharray="${dash}"/>`,
  ];
}

function labelsOf({ days, curves }: LoopPlot, { x, y }: Scale): readonly string[] {
  const ends = POLICIES.map((name) => ({ name, y: y(curves[name].mean.at(-1) ?? 0) })).toSorted((a, b) => a.y - b.y);
  let above = -Infinity;
  return ends.map((end) => {
    above = Math.max(end.y, above + LABEL_GAP);
    return `<text x="${(x(days) + 6).toFixed(1)}" y="${(above + 4).toFixed(1)}" fill="${LOOKS[end.name].color}">${end.name}</text>`;
  });
}
