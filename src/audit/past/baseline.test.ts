import { describe, expect, test } from "vitest";
import { seededRandom } from "../../base/random.ts";
import type { Catalog } from "../cells/catalog.ts";
import type { Tally } from "../cells/tally.ts";
import { candidateSums, chooseBaseline, emptyRecords, scoreCandidates } from "./baseline.ts";
import { historyFor } from "./candidates.ts";
import { addToHistory } from "./history.ts";
import { overdispersionOf } from "./overdispersion.ts";

const HOUR_MS = 3_600_000;
const CELLS = 8;
const catalog: Catalog = {
  kind: "numeric",
  layout: "numbers",
  edges: Float64Array.from({ length: CELLS }, (_, i) => i),
  names: [],
  cellCount: CELLS,
  groups: Uint8Array.from({ length: CELLS }, (_, i) => i),
  groupCount: CELLS,
};

/** Runs hourly windows of 400 values whose first cell has the given share, and says what is used in the end. */
function run(shareAt: (hour: number, random: () => number) => number) {
  const history = historyFor(HOUR_MS, CELLS);
  const records = emptyRecords(HOUR_MS);
  const random = seededRandom(7);
  let chosen = "";
  for (let hour = 0; hour < 21 * 24; hour++) {
    const tally = draw(shareAt(hour, random), random);
    const baselines = candidateSums(history, records, hour * HOUR_MS, HOUR_MS);
    chosen = chooseBaseline(baselines, records).name;
    if (hour > 0) scoreCandidates(baselines, records, tally, catalog);
    addToHistory(history, hour * HOUR_MS, HOUR_MS, tally);
  }
  return { chosen, excess: overdispersionOf(records[0]!.scatter) };
}

function draw(firstShare: number, random: () => number): Tally {
  const counts = new Float64Array(CELLS);
  for (let i = 0; i < 400; i++) {
    const cell = random() < firstShare ? 0 : 1 + Math.floor(random() * (CELLS - 1));
    counts[cell]! += 1;
  }
  return { recordCount: 400, nullCount: 0, valueCount: 400, counts, rankErrorMax: 0 };
}

describe("the baseline is found, not set", () => {
  test("an unchanging lane keeps all of its past, and its overdispersion is next to nothing", () => {
    const { chosen, excess } = run(() => 0.2);
    expect(chosen).toBe("all");
    expect(excess.cells).toBeLessThan(0.0015);
    expect(excess.ranks).toBeLessThan(0.0015);
  });

  test("a lane with a daily rhythm is held to the same hour", () => {
    const { chosen, excess } = run((hour) => 0.3 + 0.2 * Math.sin((2 * Math.PI * hour) / 24));
    expect(chosen).toMatch(/hour/);
    expect(excess.cells).toBeGreaterThan(0.01);
  });

  test("a lane that creeps is held to its newest past", () => {
    expect(run((hour) => 0.1 + hour / 900).chosen).toMatch(/last/);
  });

  test("windows that each come from a population of their own are worth fewer rows", () => {
    const { excess } = run((_, random) => 0.2 + 0.2 * (random() - 0.5));
    expect(excess.cells).toBeGreaterThan(0.0005);
    expect(excess.ranks).toBeGreaterThan(0.001);
  });
});
