/** The page as a reader opens it, in a real headless browser: nothing fetched, nothing wrong, every plot there. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVALUATION_REPORT_EXAMPLE as EXAMPLE } from "../../src/contract/evaluation-report-example.ts";
import { reportHtml } from "../../src/report/report-html.ts";
import { CHROMIUM, hasChromium } from "../support/chromium.ts";
import { hostileReport, longReport } from "../support/long-report.ts";

const WIDTHS = { desktop: 1280, narrow: 400 } as const;

// `.ci/run` installs chromium where it may; elsewhere these are skipped.
describe.skipIf(!hasChromium())("report.html in chromium", () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await chromium.launch(CHROMIUM);
    folder = await mkdtemp(join(tmpdir(), "liftgate-report-"));
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    ["the example", EXAMPLE],
    ["a long report", longReport()],
    ["a report of hostile labels", hostileReport()],
  ])("opens %s without errors, requests or dialogs, with every plot in sight", async (name, report) => {
    const file = join(folder, "report.html");
    await writeFile(file, await reportHtml(report));
    const page = await browser.newPage({ viewport: { width: WIDTHS.desktop, height: 900 } });
    const trouble: string[] = [];
    page.on("console", (message) => trouble.push(message.text()));
    page.on("pageerror", ({ message }) => trouble.push(message));
    page.on("dialog", (dialog) => trouble.push(dialog.message()));
    page.on("request", (request) => {
      if (request.url() !== pathToFileURL(file).href) trouble.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    const plots = await page.locator("figure svg").all();
    expect(plots.length, name).toBeGreaterThanOrEqual(8);
    for (const plot of plots) {
      const box = await plot.boundingBox();
      expect(box?.width).toBeGreaterThan(200);
      expect(box?.height).toBeGreaterThan(40);
      expect(await plot.locator("path").count()).toBeGreaterThan(0);
    }
    expect(trouble).toEqual([]);
    await page.close();
  });

  it.each(Object.values(WIDTHS))("is no wider than a window of %d", async (width) => {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    await page.setContent(await reportHtml(longReport()));
    expect(await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth)).toBeLessThanOrEqual(width);
    await page.close();
  });

  it("prints the numbers that a screen folds away", async () => {
    const page = await browser.newPage();
    await page.setContent(await reportHtml(EXAMPLE));
    const folded = page.locator("details table").first();
    expect(await folded.isVisible()).toBe(false);
    await page.emulateMedia({ media: "print" });
    expect(await folded.isVisible()).toBe(true);
    await page.close();
  });
});
