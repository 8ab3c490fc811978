/** The page says what report.json says: every number, and nothing that a label smuggles in. */
import { describe, expect, it } from "vitest";
import { EVALUATION_REPORT_EXAMPLE as EXAMPLE } from "../../src/contract/evaluation-report-example.ts";
import { reportHtml } from "../../src/report/report-html.ts";
import { hostileReport, longReport } from "../support/long-report.ts";

describe("report.html", () => {
  it("holds every number of report.json exactly, and shows it rounded to the digits it shows", async () => {
    const shown = dataOf(await reportHtml(EXAMPLE));
    const values = new Set(shown.map(({ value }) => value));
    expect(numbersIn(EXAMPLE).filter((number) => !values.has(number))).toEqual([]);
    for (const { value, text } of shown) {
      const { figure, unit } = read(text);
      expect(Math.abs(figure - value), `${text} for ${value}`).toBeLessThanOrEqual(unit / 2 + Math.abs(value) * 1e-12);
    }
  });

  it("shows no number that is not in report.json", async () => {
    const known = new Set(numbersIn(EXAMPLE));
    expect(dataOf(await reportHtml(EXAMPLE)).filter(({ value }) => !known.has(value))).toEqual([]);
  });

  it("is the same text for the same report", async () => {
    expect(await reportHtml(EXAMPLE)).toBe(await reportHtml(EXAMPLE));
  });

  it("describes every plot", async () => {
    const svgs = (await reportHtml(longReport())).match(/<svg[^>]*>.{0,40}/g) ?? [];
    expect(svgs.length).toBeGreaterThanOrEqual(9);
    for (const svg of svgs) expect(svg).toMatch(/^<svg role="img"[^>]*><title>[^<]/);
  });

  it("escapes whatever labels say", async () => {
    const page = await reportHtml(hostileReport());
    expect(page).not.toContain("<script");
    expect(page).not.toContain("<img");
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  it("says why two policies are not compared", async () => {
    const page = await reportHtml({ ...EXAMPLE, difference: { refused: "No λ spends as much." } });
    expect(page).toContain("<b>Not compared.</b> No λ spends as much.");
  });

  it("is whole when nothing but the verdict could be said", async () => {
    const empty = { policies: [], estimators: [], curve: [], slices: [], calibration: [], uplift: [], compliance: [] };
    const page = await reportHtml({ ...EXAMPLE, ...empty });
    expect(page).toContain("No slice was declared.");
    expect(page.trimEnd().endsWith("</html>")).toBe(true);
  });
});

function dataOf(page: string): readonly { readonly value: number; readonly text: string }[] {
  return [...page.matchAll(/<data value="([^"]+)">([^<]+)<\/data>/g)].map(([, value, text = ""]) => ({
    value: Number(value),
    text,
  }));
}

/** The number a text shows, and the size of a step of its last digit. */
function read(text: string): { readonly figure: number; readonly unit: number } {
  const scale = text.endsWith("%") ? 0.01 : 1;
  const digits = text.replace(/[%, ]/g, "").replace("−", "-").replace("e−", "e-");
  const [mantissa = "", exponent = "0"] = digits.split("e");
  const decimals = mantissa.split(".")[1]?.length ?? 0;
  const whole = decimals === 0 && Math.abs(Number(digits)) >= 1e4 ? (/0*$/.exec(mantissa)?.[0].length ?? 0) : 0;
  return { figure: Number(digits) * scale, unit: 10 ** (Number(exponent) - decimals + whole) * scale };
}

/** Every number of a report; the window is told in days. */
function numbersIn(part: unknown): readonly number[] {
  if (typeof part === "number") return [part];
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([name, each]) =>
    name === "windowMs" ? [Number(each) / 86_400_000] : numbersIn(each),
  );
}
