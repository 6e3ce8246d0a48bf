/**
 * A store filled with what a week at a streaming company looks like in small: real profiles (every value goes
 * through the arena), verdicts in the shape that the audits write, incidents as the incident book makes them.
 * Seeded: the same start gives the same rows.
 */
import { seededRandom } from "../../src/base/random.ts";
import { IncidentBook } from "../../src/incident/incident-book.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";
import type { IncidentRow, ProfileRow, Store, VerdictRow, WindowRow } from "../../src/store/contract.ts";
import { type FeatureMaker, featuresOf } from "./seeded-features.ts";

export const MINUTE_MS = 60_000;
/** A name that tries everything at once: markup, a slash, a space, letters beyond ASCII. */
export const HOSTILE_LANE = "<img src=x onerror=alert(1)>/é 中";

/** What happens in a lane, by window index counted from the newest (0) backwards. */
export interface SeededLane {
  readonly swimlane: string;
  readonly sources: readonly string[];
  readonly windows: number;
  /** Newest window, counted back from the last one that has closed. */
  readonly endsAgo?: number;
  readonly recordsAWindow: number;
  /** Share of the usual records that came. */
  readonly volume?: (ago: number, source: string) => number;
  /** Feature faults that are on. */
  readonly faults?: (ago: number) => readonly string[];
  readonly learning?: boolean;
  readonly judged?: boolean;
}

export const SEEDED_LANES: readonly SeededLane[] = [
  {
    swimlane: "prod",
    sources: ["watch-events", "search-clicks"],
    windows: 240,
    recordsAWindow: 220,
    volume: (ago, source) => (source === "watch-events" && (ago < 9 || (ago > 150 && ago < 158)) ? 0.36 : 1),
    faults: (ago) => (ago < 7 ? ["drift", "new-category", "nulls"] : []),
  },
  { swimlane: "eval", sources: ["watch-events"], windows: 240, recordsAWindow: 120 },
  {
    swimlane: HOSTILE_LANE,
    sources: [""],
    windows: 120,
    recordsAWindow: 80,
    faults: (ago) => (ago < 5 ? ["nulls"] : []),
  },
  { swimlane: "canary/eu-west", sources: ["watch-events"], windows: 30, recordsAWindow: 60, learning: true },
  { swimlane: "batch nightly", sources: ["exports"], windows: 60, endsAgo: 90, recordsAWindow: 100 },
];

/** @param untilMs end of the newest window; whole minutes. @returns the incidents, newest state of each. */
export async function seedStore(
  store: Store,
  untilMs: number,
  lanes: readonly SeededLane[] = SEEDED_LANES,
): Promise<readonly IncidentRow[]> {
  const incidents = new Map<string, IncidentRow>();
  const book = new IncidentBook();
  for (const lane of lanes) {
    const rows = laneRows(lane, untilMs, book, incidents);
    await store.writeWindows(rows.windows, rows.profiles);
    await store.writeVerdicts(rows.verdicts);
  }
  await store.writeIncidents([...incidents.values()]);
  return [...incidents.values()];
}

interface Rows {
  readonly windows: WindowRow[];
  readonly profiles: ProfileRow[];
  readonly verdicts: VerdictRow[];
}

function laneRows(
  lane: SeededLane,
  untilMs: number,
  book: IncidentBook,
  incidents: Map<string, IncidentRow>,
): Rows {
  const rows: Rows = { windows: [], profiles: [], verdicts: [] };
  const arena = new ProfileArena({ k: 256 });
  const random = seededRandom(lane.swimlane.length * 7_919);
  const makers = featuresOf(random);
  for (let i = 0; i < lane.windows; i++) {
    const ago = lane.windows - 1 - i;
    const windowStartMs = untilMs - (ago + 1 + (lane.endsAgo ?? 0)) * MINUTE_MS;
    for (const source of lane.sources) {
      const usual =
        lane.recordsAWindow * (1 + 0.35 * Math.sin((2 * Math.PI * windowStartMs) / (90 * MINUTE_MS)));
      const share = lane.volume?.(ago, source) ?? 1;
      const recordCount = Math.round(usual * share * (0.95 + 0.1 * random()));
      const faults = source === lane.sources[0] ? (lane.faults?.(ago) ?? []) : [];
      const window = windowRow(lane.swimlane, source, windowStartMs, recordCount, makers.length);
      rows.windows.push(window);
      for (const maker of makers) rows.profiles.push(profileRow(window, maker, arena, faults, i));
      if (lane.judged === false) continue;
      const verdicts = [
        volumeVerdict(window, usual, share, lane.learning === true),
        ...makers.map((maker) => featureVerdict(window, maker, faults)),
      ];
      const observed = book.observe(window, verdicts);
      rows.verdicts.push(...observed.verdicts);
      for (const incident of observed.incidents) incidents.set(incident.id, incident);
    }
  }
  return rows;
}

function windowRow(
  swimlane: string,
  source: string,
  windowStartMs: number,
  recordCount: number,
  featureCount: number,
): WindowRow {
  return {
    windowStartMs,
    windowSizeMs: MINUTE_MS,
    swimlane,
    source,
    revision: 1,
    recordCount,
    profileCount: featureCount,
    segmentCount: 2,
    mergedAtMs: windowStartMs + MINUTE_MS + 5_000,
  };
}

function profileRow(
  window: WindowRow,
  maker: FeatureMaker,
  arena: ProfileArena,
  faults: readonly string[],
  index: number,
): ProfileRow {
  const series = arena.open(index + 1);
  for (let i = 0; i < window.recordCount; i++) {
    const value = maker.make(faults);
    if (value === null) arena.addNull(series);
    else if (typeof value === "number") arena.addNumber(series, value);
    else if (typeof value === "boolean") arena.addBoolean(series, value);
    else arena.addString(series, value);
  }
  const profile = arena.seal(series);
  arena.release(series);
  const { windowStartMs, windowSizeMs, swimlane, source, revision, recordCount } = window;
  return {
    windowStartMs,
    windowSizeMs,
    swimlane,
    source,
    feature: maker.feature,
    kind: maker.kind,
    revision,
    recordCount,
    profile,
  };
}

function volumeVerdict(window: WindowRow, usual: number, share: number, learning: boolean): VerdictRow {
  const [lower, upper] = [usual * 0.75, usual * 1.3];
  const anomalous = share < 0.7;
  const change = Math.round((window.recordCount / usual - 1) * 100);
  return {
    ...verdictRow(window, "*", "volume"),
    answer: learning ? "insufficient" : anomalous ? "anomalous" : "ok",
    severity: anomalous ? "page" : "info",
    statistic: learning ? Number.NaN : Math.abs(change) / 4,
    threshold: learning ? Number.NaN : 5,
    effect: change / 100,
    significance: anomalous ? 9 : 0.3,
    summary: learning
      ? "12 of 60 windows seen; judged from then on"
      : `${window.recordCount} records came where ${Math.round(usual)} were expected (${change} %)`,
    explanation: JSON.stringify({
      expected: learning ? null : usual,
      lower: learning ? null : lower,
      upper: learning ? null : upper,
      value: window.recordCount,
      parts: anomalous
        ? [
            {
              label: window.source,
              reference: usual,
              current: window.recordCount,
              contribution: Math.abs(change) / 4,
            },
          ]
        : [],
    }),
  };
}

function featureVerdict(window: WindowRow, maker: FeatureMaker, faults: readonly string[]): VerdictRow {
  const found = faults.includes(maker.fault) ? maker.verdict : undefined;
  return {
    ...verdictRow(window, maker.feature, found?.detector ?? "ks"),
    answer: found ? "anomalous" : "ok",
    severity: found?.severity ?? "info",
    statistic: found?.statistic ?? 0.02,
    threshold: 0.1,
    effect: found?.statistic ?? 0.02,
    significance: found ? 8 : 0.4,
    summary: found?.summary ?? "no change beyond what sampling explains",
    explanation: JSON.stringify({ reference: "trailing", certain: true, parts: found?.parts ?? [] }),
  };
}

function verdictRow(window: WindowRow, feature: string, detector: string) {
  const { windowStartMs, windowSizeMs, swimlane, source, revision } = window;
  return {
    windowStartMs,
    windowSizeMs,
    swimlane,
    source,
    revision,
    feature,
    detector,
    sketchError: 0,
    incidentId: "",
  };
}
