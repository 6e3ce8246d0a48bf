/** A real Chromium on a real page, with everything written down that a page must not do. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Watched {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors, page errors, dialogs and requests to another host. */
  readonly complaints: string[];
  /** Answers of the server that are no success, as "404 /path". */
  readonly refusals: string[];
}

/** Playwright gives each launch a user-data-dir of its own and removes it. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

export interface WatchOptions {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
}

export async function openWatched(
  browser: Browser,
  url: string,
  { width, height, scheme }: WatchOptions,
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    permissions: ["clipboard-write"],
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const refusals: string[] = [];
  const own = new URL(url).host;
  page.on("console", (message) => {
    // Chromium writes every refused request into the console; those are kept apart, for some tests provoke them.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const { host, protocol } = new URL(request.url());
    if (host !== own && protocol !== "data:") complaints.push(`outside request: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) refusals.push(`${response.status()} ${new URL(response.url()).pathname}`);
  });
  await page.goto(url);
  return { page, context, complaints, refusals };
}
