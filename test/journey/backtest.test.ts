/** Rules over stored history, on the command line: pages against the budget, delay by fault and size. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runCommandLine } from "../../src/app/cli/command-line.ts";
import { seededRandom } from "../../src/base/random.ts";
import { told } from "../harness/told.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), "lanewatch-backtest-"));
const storePath = join(folder, "out", "store.duckdb");
const configPath = join(folder, "c.yaml");
const HOUR_MS = 3_600_000;
const WINDOWS = 24 * 21;

beforeAll(async () => {
  const random = seededRandom(7);
  const lines: string[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const count = Math.round(30 + 12 * Math.sin((window / 24) * 2 * Math.PI) + 4 * random());
    for (let i = 0; i < count; i++) {
      const ts = Date.UTC(2026, 8, 7) + window * HOUR_MS + Math.floor((i * HOUR_MS) / count);
      const features = { price: Math.round(1_000 * random()) / 10, country: ["FR", "DE", "US"][i % 3] };
      lines.push(JSON.stringify({ ts, swimlane: "prod", source: "clicks", features }));
    }
  }
  writeFileSync(join(folder, "records.jsonl"), lines.join("\n"));
  writeFileSync(configPath, "lanes: { defaults: { window: 1h, allowedLateness: 1s, lateMax: 9999d } }\n");
  const words = [
    "replay",
    join(folder, "records.jsonl"),
    "-c",
    configPath,
    "-o",
    join(folder, "out"),
    "--quiet",
  ];
  expect(await runCommandLine(words)).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const backtest = (...words: string[]) => told(["backtest", "-c", configPath, "--store", storePath, ...words]);

interface LaneJson {
  readonly budgetPerWeek: number;
  readonly windowsJudged: number;
  readonly pages: { readonly pages: number; readonly weeks: number };
  readonly places: number;
  readonly faults: readonly {
    readonly kind: string;
    readonly size: number;
    readonly page: { readonly found: number; readonly p50: number | null };
    readonly trials: readonly { readonly victim: string; readonly title: string }[];
  }[];
}

test("an owner sees what a budget costs: pages of the past, and the delay of each fault by its size, the same on every run", async () => {
  const words = ["--faults", "drop=15%,100% nulls=100% new-category=20%", "--trials", "3", "--horizon", "12"];
  const first = await backtest(...words, "--budget", "0.05,5", "--json");
  expect(first.status).toBe(0);
  const [strict, loose] = JSON.parse(first.text) as [LaneJson, LaneJson];
  expect([strict.budgetPerWeek, loose.budgetPerWeek]).toEqual([0.05, 5]);
  expect(strict.windowsJudged).toBeGreaterThan(WINDOWS - 30);
  expect(strict.pages.pages).toBeLessThanOrEqual(loose.pages.pages);
  const found = (lane: LaneJson, kind: string, size: number) =>
    lane.faults.find((each) => each.kind === kind && each.size === size)!;
  for (const lane of [strict, loose]) {
    // Certain signs need no budget: a lane that falls silent, a feature gone, are paged in the first window.
    for (const [kind, size] of [
      ["drop", 1],
      ["nulls", 1],
    ] as const)
      expect(found(lane, kind, size).page, kind).toMatchObject({ found: lane.places, p50: 1 });
    expect(found(lane, "new-category", 0.2).trials.every(({ victim }) => victim === "country")).toBe(true);
  }
  expect(found(strict, "drop", 0.15).page.found).toBeLessThanOrEqual(found(loose, "drop", 0.15).page.found);
  expect(found(strict, "drop", 1).trials[0]!.title).toContain("volume −100 %");
  const again = await backtest(...words, "--budget", "0.05", "--json");
  expect(JSON.parse(again.text)).toEqual([strict]);
});

test("the table names the budget, the span and every fault that was never found", async () => {
  const { status, text } = await backtest(
    "--faults",
    "drop=1%",
    "--trials",
    "2",
    "--horizon",
    "4",
    "--since",
    "2w",
  );
  expect(status).toBe(0);
  expect(text).toMatch(/prod \(clicks\), 2026-09-1\d to 2026-09-28, windows of 1h/);
  expect(text).toMatch(/pages a week: .* budget 0\.25: \d+ in [\d.]+ weeks/);
  expect(text).toMatch(/drop \(records lost\) +1 % +0 of 2 +never/);
});

test.each([
  [["--faults", "drp=1%"], 64, 'no fault is called "drp"'],
  [["--budget", "0"], 64, "numbers above 0"],
  [["--since", "soon"], 64, "neither a time"],
  [["--trials", "0"], 64, "--trials takes"],
  [["--swimlane", "dev", "--faults", "none"], 1, 'no windows of swimlane "dev"'],
] as const)("%j is refused and says why", async (words, code, why) => {
  const { status, text } = await backtest(...words);
  expect([status, text]).toEqual([code, expect.stringContaining(why)]);
});
