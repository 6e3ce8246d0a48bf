/** The demo as a new user meets it: one command, and within a minute the page shows lanes, the fault, an incident. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { launchChromium, openWatched, type Watched } from "./browser.ts";

describeWithEngines(["chromium"], "the demo in a browser", () => {
  let demo: ChildProcess;
  let browser: Browser;
  let watched: Watched;
  let said = "";
  const startedMs = Date.now();

  beforeAll(async () => {
    demo = spawn(process.execPath, ["bin/lanewatch.mjs", "demo", "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    demo.stdout!.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until(() => /open (http:\S+)/.test(said), 60_000, "the demo says where its page is");
    browser = await launchChromium((await engine("chromium")).path);
    watched = await openWatched(browser, /open (http:\S+)/.exec(said)![1]!, {
      width: 1280,
      height: 900,
      scheme: "light",
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    demo.kill("SIGKILL");
  });

  test("its lanes appear", async () => {
    for (const lane of ["prod", "eval", "dev"]) {
      await watched.page.getByText(lane, { exact: true }).first().waitFor({ timeout: 60_000 });
    }
  });

  test("the first labelled fault opens an incident within minutes even on a busy machine, and the page shows it", async () => {
    await until(
      () => /incident open\s+prod: .*volume/.test(said),
      150_000,
      "the lost records of prod are found",
    );
    const seconds = Math.round((Date.now() - startedMs) / 1_000);
    console.log(`first incident on prod's volume after ${seconds} s`);
    await watched.page.goto(`${new URL(watched.page.url()).origin}/#/incidents`);
    await watched.page
      .getByText(/volume −\d+ %/)
      .first()
      .waitFor({ timeout: 30_000 });
  }, 200_000);

  test("nothing complained, nothing was asked of another host", () => {
    expect(watched.complaints).toEqual([]);
    expect(watched.refusals).toEqual([]);
  });

  test("Ctrl-C ends it cleanly", async () => {
    const ended = new Promise<number | null>((resolve) => demo.once("exit", resolve));
    demo.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(said).toContain("The demo has ended.");
  }, 30_000);
});

async function until(check: () => boolean, withinMs: number, what: string): Promise<void> {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs; ) {
    if (check()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within ${withinMs / 1_000} s: ${what}`);
}
