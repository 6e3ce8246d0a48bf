import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { packageRoot, pageRoot } from "../../src/control/page/page-root.ts";
import { readSilences } from "../../src/incident/silence.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { LANE_SETTINGS } from "../harness/control-server.ts";
import { chromiumPath } from "../harness/engines.ts";
import { describeWithEngines } from "../harness/engines-suite.ts";
import { launchChromium, openWatched, type Watched } from "./browser.ts";
import { HOSTILE_LANE, MINUTE_MS } from "./seeded-world.ts";
import { SEEDED_LANE, ServedWorld } from "./served-world.ts";

/** Longest that anything on the page may take to appear on a busy machine. */
const SOON = { timeout: 30_000 };
/** The page is looked at for as long as a busy machine takes: what is due meanwhile is not overdue. */
const LOOKED_AT = { laneSettings: () => ({ ...LANE_SETTINGS, ...SEEDED_LANE, judgingMsMax: 60_000 }) };

describeWithEngines(["chromium"], "the page in Chromium", () => {
  let browser: Browser;
  let world: ServedWorld;
  let watched: Watched;
  let page: Page;
  /** End of the newest window. */
  let untilMs: number;

  beforeAll(async () => {
    if (!existsSync(join(pageRoot(), "index.html")))
      await build({ configFile: join(packageRoot(), "src/control/page/vite.config.ts"), logLevel: "silent" });
    browser = await launchChromium(chromiumPath());
  });
  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    untilMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    world = new ServedWorld(systemClock, untilMs);
    await world.open(LOOKED_AT);
  });
  afterEach(async () => {
    await watched?.context.close();
    await world.close();
  });

  async function open(
    hash: string,
    look: Partial<{ width: number; height: number; scheme: "light" | "dark" }> = {},
  ): Promise<Page> {
    watched = await openWatched(browser, `${world.url}/${hash}`, {
      width: 1280,
      height: 900,
      scheme: "light",
      ...look,
    });
    page = watched.page;
    return page;
  }

  function expectNoComplaint(): void {
    expect(watched.complaints).toEqual([]);
    expect(watched.refusals).toEqual([]);
  }

  test("the overview shows every lane, worst first, with health as a word; a name that is markup is shown as text", async () => {
    await open("#/lanes");
    const rows = page.locator(".lane-table tbody tr");
    await rows.nth(4).waitFor(SOON);
    const shown = await rows.evaluateAll((trs) =>
      trs.map((tr) => [
        tr.querySelector(".health")?.textContent,
        tr.querySelector(".cell-lane .name")?.textContent,
      ]),
    );
    expect(shown).toEqual([
      ["Page", "prod"],
      ["Warning", HOSTILE_LANE],
      ["Silent", "batch nightly"],
      ["Learning", "canary/eu-west"],
      ["OK", "eval"],
    ]);
    expect(await page.locator("#page img").count()).toBe(0);
    expect(await rows.first().locator(".spark-line").getAttribute("d")).toContain("L");
    expectNoComplaint();
  });

  test("a lane's page draws its volume and every feature, the anomalous ones first", async () => {
    await open("#/lanes");
    await page.getByRole("link", { name: "prod", exact: true }).click(SOON);
    await page.getByRole("button", { name: "watch-events" }).click(SOON);
    await page.locator("section[aria-label=Volume] .u-over").waitFor(SOON);
    await expect.poll(() => page.locator(".card svg.mini").count(), SOON).toBe(11);
    expect(await page.locator(".card .card-name").allTextContents()).toEqual(
      expect.arrayContaining(["watch_time", "age", "country", "title/<b>id</b>"]),
    );
    expect((await page.locator(".card .card-name").allTextContents())[0]).toBe("watch_time");
    expect(await page.locator("section[aria-label=Volume] .readout").textContent()).toContain(
      "records came where",
    );
    expect(await inkOf(page, "section[aria-label=Volume] canvas")).toBeGreaterThan(1_000);
    expectNoComplaint();
  });

  test("a click on a feature leads to reference against current, with the new category named", async () => {
    await open("#/lane/prod?source=watch-events");
    await page.locator(".card", { hasText: "country" }).locator("a").click(SOON);
    const row = page.locator(".category-bars tr.is-new");
    await row.waitFor(SOON);
    expect(await row.textContent()).toContain("zz");
    expect(await row.textContent()).toContain("new");
    expect(await page.locator(".sides").textContent()).toContain("Reference");
    expect(await page.locator(".verdict-anomalous").textContent()).toContain("was never seen before");
    expectNoComplaint();
  });

  test("a chart can be walked with the keyboard, and Enter compares that window", async () => {
    await open("#/feature/prod/watch-events/watch_time");
    const chart = page.locator("section[aria-label='Over time'] .chart").first();
    await chart.locator(".u-over").waitFor(SOON);
    await page
      .locator(".histogram rect.bar-current")
      .first()
      .waitFor({ ...SOON, state: "attached" });
    await chart.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.waitForURL(/at=/, SOON);
    const at = new URLSearchParams(new URL(page.url()).hash.split("?")[1]).get("at");
    expect(Date.parse(at ?? "")).toBe(untilMs - 239 * MINUTE_MS);
    await expect
      .poll(() => page.locator(".panel-head .hint").last().textContent(), SOON)
      .toContain(`${at?.slice(11, 16)}`);
    expectNoComplaint();
  });

  test("a person says what an incident was, and silences its lane for a while", async () => {
    const open_ = world.incidents.find(({ swimlane, state }) => swimlane === "prod" && state === "open")!;
    await open(`#/incidents/${open_.id}`);
    const form = page.getByRole("region", { name: "Your answer" });
    await form.waitFor(SOON);
    expect(await form.getByRole("button", { name: "noise" }).isDisabled()).toBe(true);
    await form.getByLabel("Your name").fill("Zoë <img src=x>");
    await form.getByLabel("Why").fill("the nightly <b>batch</b>");
    await form.getByRole("button", { name: "noise" }).click(SOON);
    await form.getByRole("listitem").waitFor(SOON);
    expect(await form.getByRole("listitem").textContent()).toMatch(/noise by Zoë <img.*the nightly <b>batch/);
    expect(await form.getByRole("button", { name: "noise" }).getAttribute("aria-pressed")).toBe("true");
    await form.getByRole("combobox").selectOption("8h");
    await form.getByRole("button", { name: "Silence the lane" }).click(SOON);
    await expect.poll(() => form.getByRole("status").textContent(), SOON).toContain("Silent until");
    expect(await world.store.readFeedback({ incidentId: open_.id })).toMatchObject([
      { label: "noise", swimlane: "prod", givenBy: "Zoë <img src=x>" },
    ]);
    const [silence] = await readSilences(world.store);
    expect(silence).toMatchObject({ swimlane: "prod", reason: "the nightly <b>batch</b>" });
    expect(silence!.endMs - silence!.startMs).toBe(8 * 60 * MINUTE_MS);
    expectNoComplaint();
  });

  test("an incident tells what, where, since when, parts, SQL; acknowledging it is stored", async () => {
    const open_ = world.incidents.find(({ swimlane, state }) => swimlane === "prod" && state === "open")!;
    await open("#/incidents");
    await page.locator(`.incident a[href*="${open_.id}"]`).click(SOON);
    const detail = page.locator(".incident-detail");
    await detail.getByRole("heading", { name: open_.title }).waitFor(SOON);
    const text = (await detail.textContent()) ?? "";
    for (const part of ["watch-events", "Likely cause", "Reproduce it in SQL", open_.id, "30 and more"])
      expect(text).toContain(part);
    await detail.locator("canvas").first().waitFor(SOON);
    const header = detail.locator("header");
    await header.getByPlaceholder("Your name").fill("Zoë <img src=x>");
    await header.getByRole("button", { name: "Acknowledge" }).click();
    await detail.getByText("by Zoë <img src=x>").waitFor(SOON);
    expect(await world.store.readIncidents({ id: open_.id })).toMatchObject([
      { state: "acknowledged", acknowledgedBy: "Zoë <img src=x>" },
    ]);
    expectNoComplaint();
  });

  test("the page budget is shown of every lane, and of one with what to do and what its rules did", async () => {
    await open("#/lanes");
    await page.getByRole("link", { name: "Page budget", exact: true }).click(SOON);
    const rows = page.locator(".budget-table tbody tr");
    await rows.nth(4).waitFor(SOON);
    const shown = await rows.evaluateAll((trs) =>
      trs.map((tr) =>
        ["td .health", "th", "td:nth-of-type(2)"].map((part) => tr.querySelector(part)?.textContent),
      ),
    );
    expect(shown[0]).toEqual(["Over twice", "prod", expect.stringMatching(/^[12]/)]);
    expect(shown.slice(1).map(([standing]) => standing)).toEqual(["Within", "Within", "Within", "Within"]);
    await rows.getByRole("link", { name: "prod", exact: true }).click(SOON);
    await page.locator(".findings li").first().waitFor(SOON);
    expect(await page.locator(".findings").textContent()).toContain("where 0.00595 are accepted");
    expect(await page.locator(".findings code").first().textContent()).toBe("lanewatch incident feedback");
    const rules = page.locator(".budget-table").last();
    expect(await rules.locator("tbody tr", { hasText: "volume" }).first().textContent()).toContain("Fired");
    await page.getByRole("link", { name: "Its incidents" }).click(SOON);
    await page.locator(".incident").first().waitFor(SOON);
    expectNoComplaint();
  });

  test("new windows and a new incident appear without a reload", async () => {
    await open("#/lane/eval?source=watch-events&range=1h");
    await page.locator("section[aria-label=Volume] .readout").waitFor(SOON);
    const before = await page.locator(".facts").first().textContent();
    const [last] = await world.store.readWindows({ swimlane: "eval", descending: true, limit: 1 });
    await world.store.writeWindows(
      [{ ...last!, windowStartMs: last!.windowStartMs + MINUTE_MS, recordCount: 31_415 }],
      [],
    );
    const [row] = await world.store.readIncidents({ states: ["open"] });
    await world.store.writeIncidents([
      { ...row!, id: "inc-made-now", swimlane: "eval", title: "eval: made just now", startMs: untilMs },
    ]);
    await expect.poll(() => page.locator(".facts").first().textContent(), SOON).toContain("31,415 records");
    expect(await page.locator(".facts").first().textContent()).not.toBe(before);
    await page.locator(".open-incidents", { hasText: "made just now" }).waitFor(SOON);
    await expect
      .poll(() => page.locator("section[aria-label=Volume] .readout").textContent(), SOON)
      .toContain("31,415");
    expectNoComplaint();
  });

  test("every view of every lane holds at 400 pixels, in the dark, without scrolling sideways", async () => {
    const openIncident = world.incidents.find(({ state }) => state === "open")!;
    const hostile = encodeURIComponent(HOSTILE_LANE);
    for (const hash of [
      "#/lanes",
      `#/lane/${hostile}`,
      `#/feature/${hostile}//age`,
      "#/incidents",
      `#/incidents/${openIncident.id}`,
      "#/budget",
      `#/budget/${hostile}`,
    ]) {
      await open(hash, { width: 400, height: 800, scheme: "dark" });
      await page
        .locator(".lane-table, .chart, .incident-list, .incident-detail h2, .budget-table")
        .filter({ visible: true })
        .first()
        .waitFor(SOON);
      await page.waitForTimeout(1_000);
      const [scrollWidth, clientWidth] = await page.evaluate<[number, number]>(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
      );
      expect([hash, scrollWidth]).toEqual([hash, clientWidth]);
      expectNoComplaint();
      await watched.context.close();
    }
  });

  test("without the server the page says so and how old it is, and recovers by itself", async () => {
    await open("#/lanes");
    await page.locator(".lane-table").waitFor(SOON);
    const { port } = new URL(world.url);
    await world.stopServing();
    await page.locator(".disconnected").waitFor(SOON);
    expect(await page.locator(".disconnected").textContent()).toMatch(
      /does not answer.*What you see is from \d\d:\d\d:\d\d UTC/,
    );
    expect(await page.locator(".lane-table tbody tr").count()).toBe(5);
    await world.serve({ ...LOOKED_AT, port: Number(port) });
    await page.locator(".disconnected").waitFor({ ...SOON, state: "detached" });
    expect(watched.complaints).toEqual([]);
  });

  test("a server with a token asks for it once, and a wrong one is told", async () => {
    await world.serve({ ...LOOKED_AT, token: "s3cret" });
    await open("#/lanes");
    await page.getByLabel("Token").fill("wrong", SOON);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("The token was refused.").waitFor(SOON);
    await page.getByLabel("Token").fill("s3cret");
    await page.getByRole("button", { name: "Open" }).click();
    await page.locator(".lane-table").waitFor(SOON);
    expect(watched.complaints).toEqual([]);
    expect(new Set(watched.refusals.map((refusal) => refusal.slice(0, 3)))).toEqual(new Set(["401"]));
  });

  test("an empty store, an unknown lane and an unknown view say what is the matter", async () => {
    await open("#/lane/no such lane");
    await page.getByText("No such lane.", { exact: true }).waitFor(SOON);
    await page.evaluate('location.hash = "#/nonsense/x"');
    await page.getByText("There is no such view.").waitFor(SOON);
    await watched.context.close();
    const empty = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), world);
    await empty.open();
    await world.serve({ ...LOOKED_AT, store: empty });
    await open("#/lanes");
    await page.getByText("No lane has sent a record yet.").waitFor(SOON);
    await page.getByRole("link", { name: "Incidents" }).click();
    await page.getByText("No open incident.").waitFor(SOON);
    expectNoComplaint();
    await world.stopServing();
    await empty.close();
  });
});

/** Pixels of a canvas that are drawn on. */
function inkOf(page: Page, selector: string): Promise<number> {
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector(${JSON.stringify(selector)});
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 3 && value > 0).length;
  })()`);
}
