import { existsSync } from "node:fs";
import { ensureCommand } from "./packages.ts";

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Debian's Chromium for playwright-core (`executablePath`; run it with `--no-sandbox` as root). Never downloads one. */
export function chromiumPath(): string {
  const named = process.env["LANEWATCH_CHROMIUM"];
  const found = [...(named ? [named] : []), ...PATHS].find((path) => existsSync(path));
  if (found) return found;
  ensureCommand("chromium", "chromium");
  return PATHS[0] as string;
}
