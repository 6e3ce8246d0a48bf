import { describe, expect, test } from "vitest";
import { BUILT_IN_DETECTORS } from "../../../detectors/index.ts";
import { type Random, seededRandom } from "../../base/random.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import { ProfileArena } from "../../sketch/arena.ts";
import type { Profile } from "../../sketch/profile.ts";
import { snapshotOf } from "../../sketch/snapshot.ts";
import type { ProfileRow, VerdictRow } from "../../store/contract.ts";
import { LaneAuditor } from "../lane-auditor.ts";
import type { LaneAuditorOptions } from "../lane-options.ts";
import { decodeMemory, encodeMemory } from "../memory-codec.ts";
import { ALL_KNOWN, type Known, type NamedReference } from "./named-reference.ts";

const HOUR_MS = 3_600_000;
const OPTIONS: LaneAuditorOptions = {
  swimlane: "prod",
  source: "clicks",
  windowSizeMs: HOUR_MS,
  detectors: BUILT_IN_DETECTORS,
  detectorOptions: {},
  pageBudgetPerWeek: 0.25,
  timeZone: "UTC",
  knownEvents: [],
};

type Row = Readonly<Record<string, number | string | null>>;

function profileOf(values: readonly (number | string | null | undefined)[]): Profile {
  const arena = new ProfileArena();
  const series = arena.open(1);
  for (const value of values) {
    if (value === null) arena.addNull(series);
    else if (typeof value === "number") arena.addNumber(series, value);
    else if (typeof value === "string") arena.addString(series, value);
  }
  return arena.seal(series);
}

function featuresOf(rows: readonly Row[]): Map<string, Profile> {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return new Map(names.map((name) => [name, profileOf(rows.map((row) => row[name]))]));
}

function windowOf(index: number, rows: readonly Row[]): CompleteWindow {
  const key = { windowStartMs: index * HOUR_MS, windowSizeMs: HOUR_MS, swimlane: "prod", source: "clicks" };
  const profiles = [...featuresOf(rows)].map(([feature, profile]): ProfileRow => {
    return { ...key, feature, kind: "feature", revision: 1, recordCount: rows.length, profile };
  });
  const counts = { recordCount: rows.length, profileCount: profiles.length, segmentCount: 1 };
  return { window: { ...key, revision: 1, ...counts, mergedAtMs: 0 }, profiles };
}

function referenceOf(
  rows: readonly Row[],
  change: Partial<NamedReference> & { readonly known?: ReadonlySet<Known> } = {},
): NamedReference {
  const { known = ALL_KNOWN, ...rest } = change;
  const features = [...featuresOf(rows)].map(
    ([name, profile]) => [name, { snapshot: snapshotOf(profile, rows.length), known }] as const,
  );
  return {
    name: "imported/training",
    kind: "fixed",
    severity: "page",
    windowCount: Number.POSITIVE_INFINITY,
    features: new Map(features),
    missing: "",
    awaited: false,
    ...rest,
  };
}

/** A lane with a day: prices are higher by day, and there is more of one country at night. */
function rowAt(index: number, random: Random, shift = 0): Row {
  const day = Math.sin(((index % 24) / 24) * 2 * Math.PI);
  const normal = random() + random() + random() + random() - 2;
  return {
    price: Math.round(100 * (10 + shift + normal + 0.3 * day)) / 100,
    country: random() < 0.5 + 0.1 * day ? "FR" : random() < 0.5 ? "DE" : "US",
  };
}

function rowsAt(index: number, random: Random, shift = 0, count = 200): Row[] {
  return Array.from({ length: count }, () => rowAt(index, random, shift));
}

/** Rows of all hours alike, as a training set has them. */
function trainingRows(random: Random, shift = 0): Row[] {
  return Array.from({ length: 9_600 }, (_, i) => rowAt(i, random, shift));
}

const held = (rows: readonly VerdictRow[]) => rows.filter((row) => row.detector.includes("@"));
const alerts = (rows: readonly VerdictRow[]) => held(rows).filter((row) => row.severity !== "info");
const pages = (rows: readonly VerdictRow[]) => held(rows).filter((row) => row.severity === "page");

describe("a lane held to an imported baseline", () => {
  test("that it agrees with is silent over a month of hours with a daily season", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(1);
    const training = referenceOf(trainingRows(random));
    const rows = Array.from({ length: 720 }, (_, i) =>
      auditor.audit(windowOf(i, rowsAt(i, random)), [training]),
    );
    expect(alerts(rows.flat())).toEqual([]);
    const judged = held(rows.at(-1)!).filter((row) => row.answer === "ok");
    expect(judged.map((row) => `${row.feature}:${row.detector}`)).toEqual(
      expect.arrayContaining([
        "price:ks@imported/training",
        "price:psi@imported/training",
        "price:null-rate@imported/training",
        "price:range@imported/training",
        "price:schema@imported/training",
        "country:categories@imported/training",
        "country:shift@imported/training",
      ]),
    );
    expect(JSON.parse(judged[0]!.explanation)).toMatchObject({ reference: "imported/training" });
  });

  test("that differs from the start is found though the lane's own past is at peace, and pages once", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(2);
    const training = referenceOf(trainingRows(random));
    const rows = Array.from({ length: 400 }, (_, i) =>
      auditor.audit(windowOf(i, rowsAt(i, random, 1)), [training]),
    );
    const own = rows.flat().filter((row) => !row.detector.includes("@") && row.severity !== "info");
    expect(own).toEqual([]);
    expect(rows.slice(0, 3).some((each) => pages(each).length > 0)).toBe(true);
    expect(rows.filter((each) => pages(each).length > 0)).toHaveLength(1);
    expect(rows.slice(200).every((each) => alerts(each).length > 0)).toBe(true);
  });

  test("that differs by a third of its spread, too little for an hour's rows, is found by the week's", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(3);
    const training = referenceOf(trainingRows(random));
    const rows = Array.from({ length: 400 }, (_, i) =>
      auditor.audit(windowOf(i, rowsAt(i, random, 0.2)), [training]),
    );
    const found = alerts(rows.flat());
    expect(found.map((row) => row.detector)).toContain("slow-drift@imported/training");
    expect(rows.filter((each) => pages(each).length > 0).length).toBeLessThanOrEqual(1);
  });

  test("of which only a sketch of values was given, says nothing of nulls", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(4);
    const training = referenceOf(trainingRows(random), { known: new Set<Known>(["numbers"]) });
    const withNulls = (i: number) =>
      rowsAt(i, random).map((row, at) => (at % 4 === 0 ? { ...row, price: null } : row));
    const rows = Array.from({ length: 200 }, (_, i) =>
      auditor.audit(windowOf(i, withNulls(i)), [training]),
    ).flat();
    expect(alerts(rows)).toEqual([]);
    expect(held(rows).some((row) => /^(null-rate|schema)@/.test(row.detector))).toBe(false);
    expect(held(rows).some((row) => row.feature === "country")).toBe(false);
    expect(held(rows).some((row) => row.detector === "psi@imported/training" && row.answer === "ok")).toBe(
      true,
    );
  });

  test("loses a feature that the baseline has: certain at once; one that it never had is only told", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(5);
    const training = referenceOf(trainingRows(random).map((row) => ({ ...row, label: 1 })));
    for (let i = 0; i < 40; i++) auditor.audit(windowOf(i, rowsAt(i, random)), [training]);
    const gone = rowsAt(40, random).map(({ country }) => ({ country: country! }));
    const rows = auditor.audit(windowOf(40, gone), [training]);
    expect(pages(rows).map((row) => `${row.feature}:${row.detector}`)).toContain(
      "price:null-rate@imported/training",
    );
    expect(held(rows).filter((row) => row.feature === "label")).toMatchObject([
      { detector: "reference@imported/training", answer: "anomalous", severity: "info" },
    ]);
  });
});

test("a slow drift that the lane's own past learns is found against a promoted baseline, by the week", () => {
  const auditor = new LaneAuditor(OPTIONS);
  const random = seededRandom(6);
  const first = Array.from({ length: 168 }, (_, i) => rowsAt(i, random));
  first.forEach((rows, i) => void auditor.audit(windowOf(i, rows)));
  const promoted = referenceOf(first.flat(), { name: "promoted/first-week", windowCount: 168 });
  const found: { index: number; detector: string }[] = [];
  const own: VerdictRow[] = [];
  for (let i = 168; i < 1_000; i++) {
    const rows = auditor.audit(windowOf(i, rowsAt(i, random, (i - 168) / 1_000)), [promoted]);
    for (const { detector } of alerts(rows)) found.push({ index: i, detector });
    own.push(...rows.filter((row) => !row.detector.includes("@") && row.severity !== "info"));
  }
  expect(own).toEqual([]);
  expect(found[0]!.index).toBeLessThan(168 + 400);
  expect(found.find(({ detector }) => detector.startsWith("slow-drift@"))!.index).toBeLessThan(168 + 500);
});

describe("a lane held to another lane at the same time", () => {
  const lane = (rows: readonly Row[]) =>
    referenceOf(rows, { name: "lane/eval", kind: "lane", windowCount: 1 });

  test("is silent on the season that both have, and finds a shift that one of them has alone", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(7);
    /** Both lanes swing by more than their own spread, which no fixed reference could follow. */
    const both = (i: number, shift = 0) => rowsAt(i, random, shift + 3 * Math.sin(i / 5), 400);
    for (let i = 0; i < 200; i++) {
      expect(alerts(auditor.audit(windowOf(i, both(i)), [lane(both(i))]))).toEqual([]);
    }
    const rows = [200, 201].flatMap((i) => auditor.audit(windowOf(i, both(i, 0.8)), [lane(both(i))]));
    expect(pages(rows).map((row) => row.detector)).toContain("ks@lane/eval");
  });

  test("that has not come says insufficient, and never that something is wrong", () => {
    const auditor = new LaneAuditor(OPTIONS);
    const random = seededRandom(8);
    const missing = { ...lane([]), missing: "lane eval has not completed this window" };
    const rows = Array.from({ length: 40 }, (_, i) =>
      auditor.audit(windowOf(i, rowsAt(i, random)), [missing]),
    ).flat();
    expect(held(rows)).toHaveLength(40);
    expect(held(rows).every((row) => row.answer === "insufficient" && row.summary.includes("eval"))).toBe(
      true,
    );
  });
});

test("what is held to references survives a restart of the auditor, bit for bit", () => {
  const random = seededRandom(9);
  const training = referenceOf(trainingRows(random, 0.5));
  const steady = new LaneAuditor(OPTIONS);
  let restarted = new LaneAuditor(OPTIONS);
  for (let i = 0; i < 60; i++) {
    const window = windowOf(i, rowsAt(i, random));
    const references = [training, referenceOf(rowsAt(i, random), { name: "lane/eval", kind: "lane" })];
    expect(restarted.audit(window, references)).toEqual(steady.audit(window, references));
    restarted = new LaneAuditor(OPTIONS, decodeMemory(encodeMemory(restarted.memory())));
  }
});

// A window is judged before another lane's has come. The comparison is made up for by an auditor that judged on, and by
// one that was restarted in between: both must ask for as much evidence as there was asked for at the time.
test("a comparison that comes late is held to its window's share of the budget, also after a restart", () => {
  // So few pages that the budget, not the house's rate of false alerts, sets the limit.
  const strict = { ...OPTIONS, pageBudgetPerWeek: 0.01 };
  const random = seededRandom(10);
  const auditor = new LaneAuditor(strict);
  const training = referenceOf(trainingRows(random));
  const lane = (rows: readonly Row[]) =>
    referenceOf(rows, { name: "lane/eval", kind: "lane", windowCount: 1 });
  const missing = { ...lane([]), missing: "lane eval has not completed this window", awaited: true };
  for (let i = 0; i < 60; i++)
    auditor.audit(windowOf(i, rowsAt(i, random)), [training, lane(rowsAt(i, random))]);
  const before = encodeMemory(auditor.memory());
  const late = windowOf(60, rowsAt(60, random));
  const other = lane(rowsAt(60, random, 3));
  auditor.audit(late, [training, missing]);
  // The baseline is retired: the next window has one reference less.
  auditor.audit(windowOf(61, rowsAt(61, random)), [missing]);
  const restarted = new LaneAuditor(strict, decodeMemory(encodeMemory(auditor.memory())));
  const inTime = new LaneAuditor(strict, decodeMemory(before)).audit(late, [training, other]);
  const limits = (rows: readonly VerdictRow[]) =>
    rows
      .filter((row) => row.detector === "ks@lane/eval" && row.feature === "price")
      .map((row) => JSON.parse(row.explanation).pageLimit as number);
  const expected = limits(inTime);
  expect(expected).toEqual([expect.any(Number)]);
  expect(limits(auditor.holdTo(late, [other], [training, other]))).toEqual(expected);
  expect(limits(restarted.holdTo(late, [other], [training, other]))).toEqual(expected);
});
