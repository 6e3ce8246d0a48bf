/**
 * `npm run bench:weak [-- --json FILE --trials N]`: drift that no single window can show, with the statistical bound beside it.
 *
 * Day-long: a small shift that lasts 24 hourly windows, from midnight or from noon, on a lane that was healthy for 60 days.
 * Months-long: means that creep away from a kept baseline, week by week, while the lane's own past learns them.
 * The bounds are those of the best test for a shift of a known form, at the level that the lane's page budget leaves: the
 * likelihood ratio, and the Kolmogorov–Smirnov test, which must find any form. The
 * column "1 h" is what the lane's own windows alone would find.
 */
import { parseArgs } from "node:util";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { auditorOptionsOf } from "../../src/app/auditor-options.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { alertLimits } from "../../src/audit/budget/page-budget.ts";
import { ALL_KNOWN, type NamedReference } from "../../src/audit/reference/named-reference.ts";
import { hashText, type Random, seededRandom } from "../../src/base/random.ts";
import { mergeCoarser } from "../../src/rollup/coarser.ts";
import type { CompleteWindow } from "../../src/rollup/complete-window.ts";
import { snapshotOf } from "../../src/sketch/snapshot.ts";
import type { VerdictRow } from "../../src/store/contract.ts";
import { alertsOf } from "../drift/alerts.ts";
import { WindowFolder } from "../drift/fold-windows.ts";
import { writeResult } from "../result.ts";
import { SizedLane, type SizedMemory } from "../sized-lane.ts";
import { bounds, halfPowerShift } from "./bounds.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
const START_MS = Date.UTC(2026, 0, 5);
const HEALTHY_DAYS = 60;
const SIZES = [50, 500];
/** In standard deviations of the feature. */
const SHIFTS = [0, 0.1, 0.15, 0.2, 0.3, 0.5];
const FEATURES = ["value", "count", "name"] as const;

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    trials: { type: "string", default: "20" },
    weeks: { type: "string", default: "26" },
  },
});
const config = parseConfig("lanes: { defaults: { window: 1h } }", {});
const optionsOf = (windowSizeMs: number) =>
  auditorOptionsOf(
    config,
    BUILT_IN_DETECTORS.filter(({ input }) => input === "distribution"),
  )({ swimlane: "weak", source: "" }, windowSizeMs);

type Features = Readonly<Record<(typeof FEATURES)[number], number | string>>;

/** `value` is normal, `count` a rounded one, `name` a class of one: all moved by the same part of a standard deviation. */
function drawn(random: Random, shift: number): Features {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) + shift;
  return {
    value: Number(normal().toFixed(4)),
    count: Math.max(0, Math.round(8 + 3 * normal())),
    name: "abcdefgh"[Math.min(7, Math.max(0, Math.floor((normal() + 2.4) / 0.6)))]!,
  };
}

function windowAt(hour: number, records: number, shift: number, seed: string): CompleteWindow {
  const random = seededRandom(hashText(`${seed}|${hour}`));
  const folder = new WindowFolder("weak", HOUR_MS);
  for (let i = 0; i < records; i++)
    folder.add({ tsMs: START_MS + hour * HOUR_MS, swimlane: "weak", features: drawn(random, shift) });
  return folder.end()[0]!;
}

interface Found {
  readonly shift: number;
  readonly start: "midnight" | "noon";
  /** Share of the trials in which the lane's own windows alerted the feature, and in which windows of any size did. */
  readonly by1h: Readonly<Record<string, number>>;
  readonly byAny: Readonly<Record<string, number>>;
}

const daily = SIZES.map((records) => {
  const memory = learned(records);
  const limits = alertLimits({
    pageBudgetPerWeek: 0.25 / 9,
    windowSizeMs: DAY_MS,
    featureCount: FEATURES.length,
  });
  const found = SHIFTS.flatMap((shift) =>
    (["midnight", "noon"] as const).map((start) => dayLong(records, shift, start, memory)),
  );
  return { records, limit: limits.page, bounds: bounds(24 * records, SHIFTS, limits.page), found };
});
const monthly = monthLong(50, Number(values.weeks));
print();
writeResult(values.json, "weak", { trials: Number(values.trials), daily, monthly });

function learned(records: number): SizedMemory {
  const lane = new SizedLane(optionsOf, [HOUR_MS, DAY_MS]);
  for (let hour = 0; hour < HEALTHY_DAYS * 24; hour++)
    lane.audit(windowAt(hour, records, 0, `healthy${records}`));
  return lane.memory();
}

function dayLong(records: number, shift: number, start: Found["start"], memory: SizedMemory): Found {
  const tally = { by1h: {} as Record<string, number>, byAny: {} as Record<string, number> };
  const trials = Number(values.trials);
  const from = start === "noon" ? 12 : 0;
  for (let trial = 0; trial < trials; trial++) {
    const lane = new SizedLane(optionsOf, [HOUR_MS, DAY_MS], memory);
    const rows: VerdictRow[] = [];
    for (let hour = 0; hour < (start === "noon" ? 48 : 24); hour++) {
      const moved = hour >= from && hour < from + 24 ? shift : 0;
      rows.push(
        ...lane.audit(
          windowAt(HEALTHY_DAYS * 24 + hour, records, moved, `${records}|${shift}|${start}|${trial}`),
        ),
      );
    }
    const alerts = alertsOf(rows);
    for (const feature of FEATURES) {
      const sizes = new Set(alerts.filter((row) => row.feature === feature).map((row) => row.windowSizeMs));
      if (sizes.has(HOUR_MS)) tally.by1h[feature] = (tally.by1h[feature] ?? 0) + 1 / trials;
      if (sizes.size > 0) tally.byAny[feature] = (tally.byAny[feature] ?? 0) + 1 / trials;
    }
  }
  return { shift, start, ...tally };
}

/** A fiftieth of a standard deviation a week, held to the first four weeks. */
function monthLong(records: number, weeks: number) {
  const speed = 0.02;
  const lane = new SizedLane(optionsOf, [HOUR_MS, DAY_MS]);
  const first: CompleteWindow[] = [];
  const said = new Map<string, number>();
  let reference: NamedReference | undefined;
  let falseAlerts = 0;
  for (let hour = 0; hour < (4 + weeks) * 168; hour++) {
    const week = (hour - 4 * 168) / 168;
    const window = windowAt(hour, records, Math.max(0, week * speed), "months");
    if (week < 0) first.push(window);
    else reference ??= keptOf(first);
    for (const row of lane.audit(window, reference === undefined ? [] : [reference])) {
      if (
        row.answer !== "anomalous" ||
        row.severity === "info" ||
        !FEATURES.some((name) => name === row.feature)
      )
        continue;
      const by = row.detector.includes("slow-drift")
        ? "newest week"
        : row.windowSizeMs === DAY_MS
          ? "1 d"
          : "1 h";
      const against = row.detector.includes("promoted") ? "kept baseline" : "own past";
      const key = `${row.feature}|${by}, ${against}`;
      if (week < 0) falseAlerts++;
      else if (!said.has(key)) said.set(key, (week + 1 / 168) * speed);
    }
  }
  const limit = alertLimits({
    pageBudgetPerWeek: 0.25 / 9,
    windowSizeMs: DAY_MS,
    featureCount: FEATURES.length,
  }).page;
  const bound = { day: halfPowerShift(24 * records, limit), week: halfPowerShift(168 * records, limit) };
  return {
    records,
    sdPerWeek: speed,
    falseAlerts,
    firstSaidAtShift: Object.fromEntries(said),
    bound,
  };
}

function keptOf(windows: readonly CompleteWindow[]): NamedReference {
  const target = {
    swimlane: "weak",
    source: "",
    windowStartMs: START_MS,
    windowSizeMs: 4 * WEEK_MS,
    revision: 1,
    mergedAtMs: 0,
  };
  const { profiles } = mergeCoarser(target, windows);
  const features = profiles.map(
    (row) => [row.feature, { snapshot: snapshotOf(row.profile, row.recordCount), known: ALL_KNOWN }] as const,
  );
  return {
    name: "promoted/first-month",
    kind: "fixed",
    severity: "page",
    windowCount: windows.length,
    features: new Map(features),
    missing: "",
    awaited: false,
  };
}

function print(): void {
  const share = (each: Readonly<Record<string, number>>) =>
    FEATURES.map((name) => (each[name] ?? 0).toFixed(2).padStart(6)).join("");
  for (const { records, limit, bounds: best, found } of daily) {
    console.log(
      `\n${records} records an hour, a shift that lasts 24 hours; share of ${values.trials} trials found (${FEATURES.join(", ")}), level 10^-${limit.toFixed(1)}`,
    );
    console.log(
      `${"shift, sd".padEnd(11)}${"from".padEnd(10)}${"1 h".padStart(18)}${"1 h or 1 d".padStart(18)}   best test   KS   (24 h at once)`,
    );
    for (const { shift, start, by1h, byAny } of found) {
      const { likelihoodRatio, kolmogorov } = best.find((each) => each.shift === shift)!;
      console.log(
        `${String(shift).padEnd(11)}${start.padEnd(10)}${share(by1h)}${share(byAny)}   ${likelihoodRatio.toFixed(2).padStart(9)}${kolmogorov.toFixed(2).padStart(6)}`,
      );
    }
  }
  const { sdPerWeek, firstSaidAtShift, bound, falseAlerts } = monthly;
  console.log(
    `\n${sdPerWeek} sd a week against a kept baseline, ${monthly.records} records an hour: shift at which it was first said`,
  );
  for (const [key, shift] of Object.entries(firstSaidAtShift).sort((a, b) => a[1] - b[1]))
    console.log(`  ${key.replace("|", " by ").padEnd(44)}${shift.toFixed(2)} sd`);
  console.log(
    `  best test of one day: ${bound.day.toFixed(2)} sd; of one week: ${bound.week.toFixed(2)} sd; false before: ${falseAlerts}`,
  );
}
