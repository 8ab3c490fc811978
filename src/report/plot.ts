/** Plots as inline SVG by Vega, which draws without a browser. It is loaded when the first plot is drawn. */
import type { TopLevelSpec } from "vega-lite";
import { escaped, type Html, html } from "./markup.ts";

export interface Plot {
  readonly title: string;
  /** For those who cannot see it: what is drawn against what. */
  readonly description: string;
  readonly spec: TopLevelSpec;
}

/** Black and grey alone: markers, dashes and hatching tell things apart. */
export const INK = { dark: "#1a1f24", grey: "#5a636b", band: "#c9ced3", grid: "#e4e7ea" } as const;

const FONT = "system-ui, 'DejaVu Sans', sans-serif";
const CONFIG = {
  font: FONT,
  // A plot is one image with a description; its marks say nothing on their own.
  aria: false,
  background: "#ffffff",
  view: { stroke: INK.band },
  axis: {
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: 600,
    gridColor: INK.grid,
    domainColor: INK.grey,
    tickColor: INK.grey,
    labelColor: INK.dark,
    titleColor: INK.dark,
    labelLimit: 600,
  },
  header: { labelFontSize: 12, labelFontWeight: 600, labelColor: INK.dark, title: null },
  legend: { labelFontSize: 11, titleFontSize: 11, labelColor: INK.dark, symbolSize: 70, labelLimit: 600 },
} as const;

/** A figure of a page. */
export async function plotOf(plot: Plot): Promise<Html> {
  return html`<figure>
    ${{ html: await svgOf(plot) }}
    <figcaption>${plot.title}</figcaption>
  </figure>`;
}

/** The drawing alone, as a file of its own may hold it. */
export async function svgOf({ title, description, spec }: Plot): Promise<string> {
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const { spec: compiled } = compile({ ...spec, config: CONFIG });
  const view = new vega.View(vega.parse(compiled), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  const told = `<title>${escaped(title)}</title><desc>${escaped(description)}</desc>`;
  return svg.replace(/^<svg([^>]*)>/, (_, attributes: string) => `<svg role="img"${attributes}>${told}`);
}
