import { describe, expect, test } from "vitest";
import { categories } from "../../detectors/categories/categories.ts";
import { ks } from "../../detectors/ks/ks.ts";
import { nullRate } from "../../detectors/null-rate/null-rate.ts";
import { range } from "../../detectors/range/range.ts";
import { schema } from "../../detectors/schema/schema.ts";
import { shift } from "../../detectors/shift/shift.ts";
import { type Random, seededRandom } from "../base/random.ts";
import type { CompleteWindow } from "../rollup/complete-window.ts";
import { ProfileArena } from "../sketch/arena.ts";
import type { ProfileRow, VerdictRow } from "../store/contract.ts";
import { LaneAuditor } from "./lane-auditor.ts";
import type { LaneAuditorOptions } from "./lane-options.ts";
import { decodeMemory, encodeMemory } from "./memory-codec.ts";

const HOUR_MS = 3_600_000;
const DETECTORS = [ks, shift, nullRate, categories, range, schema];

const OPTIONS: LaneAuditorOptions = {
  swimlane: "prod",
  source: "clicks",
  windowSizeMs: HOUR_MS,
  detectors: DETECTORS,
  detectorOptions: {},
  pageBudgetPerWeek: 0.25,
  timeZone: "UTC",
  knownEvents: [],
};

type Row = Readonly<Record<string, number | string | null>>;

function windowOf(index: number, rows: readonly Row[]): CompleteWindow {
  const arena = new ProfileArena();
  const key = { windowStartMs: index * HOUR_MS, windowSizeMs: HOUR_MS, swimlane: "prod", source: "clicks" };
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const profiles = names.map((feature): ProfileRow => {
    const series = arena.open(1);
    for (const row of rows) {
      const value = row[feature];
      if (value === null) arena.addNull(series);
      else if (typeof value === "number") arena.addNumber(series, value);
      else if (typeof value === "string") arena.addString(series, value);
    }
    return {
      ...key,
      feature,
      kind: "feature",
      revision: 1,
      recordCount: rows.length,
      profile: arena.seal(series),
    };
  });
  const counts = { recordCount: rows.length, profileCount: profiles.length, segmentCount: 1 };
  return { window: { ...key, revision: 1, ...counts, mergedAtMs: 0 }, profiles };
}

function healthyRow(random: Random): Row {
  return { price: Math.round(random() * 1000), country: ["FR", "DE", "US"][Math.floor(random() * 3)]! };
}

function healthy(index: number, random: Random, count = 50): CompleteWindow {
  return windowOf(
    index,
    Array.from({ length: count }, () => healthyRow(random)),
  );
}

function alerts(rows: readonly VerdictRow[]): string[] {
  return rows.filter((row) => row.severity !== "info").map((row) => `${row.feature}:${row.detector}`);
}

describe("a lane without a pinned reference", () => {
  test("says nothing in its first 24 windows and judges from the 25th on", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(1);
    const rows = Array.from({ length: 26 }, (_, i) => auditor.audit(healthy(i, random)));
    expect(
      rows
        .slice(0, 24)
        .flat()
        .every((row) => row.answer === "insufficient"),
    ).toBe(true);
    expect(rows[24]!.length).toBeGreaterThan(0);
    expect(rows[25]!.some((row) => row.answer === "ok")).toBe(true);
  });

  test("three nulls in fifty records are an alert where there never was one", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(2);
    for (let i = 0; i < 60; i++) expect(alerts(auditor.audit(healthy(i, random)))).toEqual([]);
    const rows = Array.from({ length: 50 }, (_, i) => ({
      ...healthyRow(random),
      ...(i < 3 ? { price: null } : {}),
    }));
    expect(alerts(auditor.audit(windowOf(60, rows)))).toContain("price:null-rate");
  });
});

describe("what the auditor learns", () => {
  test("the same fault thirty times over is found from first to last", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(5);
    for (let i = 0; i < 60; i++) auditor.audit(healthy(i, random));
    const found = Array.from({ length: 30 }, (_, turn) => {
      const index = 60 + 3 * turn;
      const rows = Array.from({ length: 50 }, (_, i) => ({
        ...healthyRow(random),
        ...(i < 4 ? { price: 99_999 } : {}),
      }));
      const hit = alerts(auditor.audit(windowOf(index, rows))).includes("price:range");
      auditor.audit(healthy(index + 1, random));
      auditor.audit(healthy(index + 2, random));
      return hit;
    });
    expect(found.filter((hit) => hit)).toHaveLength(30);
  });

  test("a change that stays pages, and after eight windows is the new normal", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(6);
    for (let i = 0; i < 60; i++) auditor.audit(healthy(i, random));
    const changed = Array.from({ length: 30 }, (_, i) => {
      const rows = Array.from({ length: 50 }, () => ({
        ...healthyRow(random),
        price: Math.round(random() * 1000) * 100,
      }));
      return alerts(auditor.audit(windowOf(60 + i, rows))).length > 0;
    });
    expect(changed.slice(0, 7).every((alerted) => alerted)).toBe(true);
    expect(changed.slice(10).some((alerted) => alerted)).toBe(false);
  });

  test("a window within a known event is judged, neither warned of nor learned from", () => {
    const event = { startMs: 60 * HOUR_MS, endMs: 61 * HOUR_MS, name: "migration" };
    const auditor = new LaneAuditor({ ...OPTIONS, knownEvents: [event] });
    const random = seededRandom(7);
    for (let i = 0; i < 60; i++) auditor.audit(healthy(i, random));
    const rows = auditor.audit(
      windowOf(
        60,
        Array.from({ length: 50 }, () => ({ ...healthyRow(random), price: null })),
      ),
    );
    expect(alerts(rows)).toEqual([]);
    expect(rows.some((row) => row.answer === "anomalous" && row.detector === "null-rate")).toBe(true);
  });
});

describe("a page budget that several sources share", () => {
  /** −log10 p that a fault in the 61st window would have to reach to page. */
  function pageLimit(sourceCount: number | undefined): number {
    const auditor = new LaneAuditor({ ...OPTIONS, pageBudgetPerWeek: 0.01 });
    if (sourceCount !== undefined) auditor.shareAmong(sourceCount);
    const random = seededRandom(7);
    for (let i = 0; i < 60; i++) auditor.audit(healthy(i, random));
    const broken = Array.from({ length: 50 }, () => ({ ...healthyRow(random), price: null }));
    const row = auditor
      .audit(windowOf(60, broken))
      .find(({ detector, feature }) => detector === "null-rate" && feature === "price");
    return (JSON.parse(row!.explanation) as { pageLimit: number }).pageLimit;
  }

  test("each of ten sources needs a decade more for a page than a lane's only source", () => {
    expect(pageLimit(10)).toBeCloseTo(pageLimit(1) + 1, 2);
  });

  test("a lane's only source has the whole budget, as one of which nobody has said it", () => {
    expect(pageLimit(1)).toBe(pageLimit(undefined));
  });
});

describe("what features say together, and over a long time", () => {
  /** Two numeric features that differ by less than either's own spread. */
  function pairRow(random: Random): Row {
    return {
      first: Math.round(40 + 20 * random() + 20 * random()),
      second: Math.round(50 + 20 * random() + 20 * random()),
    };
  }

  test("values exchanged between two like features are called exchanged", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(8);
    const rows = (change: (row: Row) => Row): Row[] =>
      Array.from({ length: 200 }, () => change(pairRow(random)));
    for (let i = 0; i < 60; i++)
      expect(
        alerts(
          auditor.audit(
            windowOf(
              i,
              rows((row) => row),
            ),
          ),
        ),
      ).toEqual([]);
    const swapped = rows((row) => (random() < 0.5 ? { first: row["second"]!, second: row["first"]! } : row));
    expect(alerts(auditor.audit(windowOf(60, swapped)))).toEqual(
      expect.arrayContaining(["first:joint", "second:joint"]),
    );
  });

  test("a mean that creeps by a hundredth of its spread a window never alerts, and is said as slow drift", () => {
    const auditor = new LaneAuditor({ ...OPTIONS, referenceUntilMs: 7 * 24 * HOUR_MS });
    const random = seededRandom(9);
    const said: number[] = [];
    for (let i = 0; i < 28 * 24; i++) {
      const creep = Math.max(0, i - 7 * 24) * 2;
      const rows = Array.from({ length: 60 }, () => ({ price: 1000 + creep + Math.round(1000 * random()) }));
      const verdicts = auditor.audit(windowOf(i, rows));
      const slow = verdicts.filter((row) => row.detector === "slow-drift" && row.answer === "anomalous");
      if (slow.length > 0) said.push(i);
    }
    expect(said.length).toBeGreaterThan(0);
    expect(said[0]!).toBeGreaterThan(8 * 24);
    expect(said[0]!).toBeLessThan(15 * 24);
  });
});

describe("the auditor's memory", () => {
  test("encoded, decoded and handed to another auditor, it gives the same rows as one that never stopped", () => {
    const steady = new LaneAuditor(OPTIONS);
    let restarted = new LaneAuditor(OPTIONS);
    const random = seededRandom(3);
    for (let i = 0; i < 80; i++) {
      const window = healthy(i, random);
      const expected = steady.audit(window);
      expect(restarted.audit(window)).toEqual(expected);
      restarted = new LaneAuditor(OPTIONS, decodeMemory(encodeMemory(restarted.memory())));
    }
  });

  test("a window that was judged is not judged again", () => {
    const auditor = new LaneAuditor(OPTIONS);
    auditor.audit(healthy(1, seededRandom(4)));
    expect(() => auditor.audit(healthy(1, seededRandom(4)))).toThrow(/in order/);
  });
});
