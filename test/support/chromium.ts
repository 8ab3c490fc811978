/** The headless browser that pages are looked at with: Debian's chromium, where it is installed. */
import { existsSync } from "node:fs";

/** chromium runs as root only without its sandbox; it opens our own files alone. */
export const CHROMIUM = { executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] };

export function hasChromium(): boolean {
  return existsSync(CHROMIUM.executablePath);
}
