/** Line plots as inline SVG: light, printable, no script. */

export interface Line {
  readonly label: string;
  readonly color: string;
  readonly dashed?: true;
  /** x in [0, 1]. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Plot {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Top of the vertical axis, which begins at 0; what is above is cut off. */
  readonly top: number;
  readonly label: (y: number) => string;
}

const WIDTH = 360;
const HEIGHT = 220;
const FRAME = { left: 44, right: 8, top: 28, bottom: 46 };
const INNER = { width: WIDTH - FRAME.left - FRAME.right, height: HEIGHT - FRAME.top - FRAME.bottom };
const GRID = [0, 0.25, 0.5, 0.75, 1];
const HOURS_A_DAY = 24;

export function svgOf({ title, lines, top, label }: Plot): string {
  const y = (share: number) => (FRAME.top + INNER.height * (1 - share)).toFixed(1);
  const x = (share: number) => (FRAME.left + INNER.width * share).toFixed(1);
  const grid = GRID.map(
    (at) =>
      `<path class="grid" d="M${FRAME.left} ${y(at)}h${INNER.width}"/>` +
      `<text class="tick" x="${FRAME.left - 5}" y="${y(at)}" dy="3.5" text-anchor="end">${label(at * top)}</text>` +
      `<text class="tick" x="${x(at)}" y="${FRAME.top + INNER.height + 14}" text-anchor="middle">${at * HOURS_A_DAY} h</text>`,
  );
  const paths = lines.map(({ points, color, dashed }) => {
    const steps = points.map(([at, value]) => `${x(at)} ${y(Math.min(1, value / top))}`);
    const dash = dashed === true ? ' stroke-dasharray="4 3"' : "";
    return `<path d="M${steps.join("L")}" fill="none" stroke="${color}" stroke-width="1.6" stroke-linejoin="round"${dash}/>`;
  });
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">`,
    `<text class="title" x="${FRAME.left}" y="16">${title}</text>`,
    ...grid,
    ...paths,
    ...legendOf(lines),
    "</svg>",
  ].join("");
}

function legendOf(lines: readonly Line[]): readonly string[] {
  const each = INNER.width / lines.length;
  return lines.map(({ label, color }, i) => {
    const left = FRAME.left + i * each;
    return (
      `<path d="M${left.toFixed(1)} ${HEIGHT - 12}h14" stroke="${color}" stroke-width="2.4"/>` +
      `<text class="tick" x="${(left + 18).toFixed(1)}" y="${HEIGHT - 8.5}">${label}</text>`
    );
  });
}
