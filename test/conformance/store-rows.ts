/** Rows with every oddity that a store must give back as it got it. Seeded: equal seeds make equal rows. */

import { type Random, seededRandom } from "../../src/base/random.ts";
import { RECORD_OUTCOMES, zeroOutcomes } from "../../src/decode/outcome.ts";
import type { Manifest, Segment, SegmentProfile } from "../../src/segment/manifest.ts";
import { emptyProfile, type Profile } from "../../src/sketch/profile.ts";
import type { IncidentRow, ProfileRow, VerdictRow, WindowRow } from "../../src/store/contract.ts";

export const MINUTE_MS = 60_000;
export const T0_MS = Date.UTC(2026, 10, 23, 12);

/** Names that break careless quoting, escaping and encoding. */
export const ODD_NAMES = [
  "plain",
  "with space",
  "a,b=c",
  'say "hi"',
  "it's",
  "back\\slash\\",
  "two\nlines\r\nand a tab\t",
  "$1 %s {x} --; DROP TABLE windows",
  "ünïcödé 漢字 🦆 \u202e",
  "*",
  "null",
  "NaN",
  " leading and trailing ",
  "half a pair \ud800",
  "the other half \udc00 and the escape \ue000",
  "nul \u0000, bell \u0007, escape \u001b, delete \u007f",
];

export function windowRow(change: Partial<WindowRow> = {}): WindowRow {
  return {
    windowStartMs: T0_MS,
    windowSizeMs: MINUTE_MS,
    swimlane: "prod",
    source: "clicks",
    revision: 1,
    recordCount: 1_000,
    profileCount: 0,
    segmentCount: 3,
    mergedAtMs: T0_MS + 65_123,
    ...change,
  };
}

export function profileRow(change: Partial<ProfileRow> = {}): ProfileRow {
  return {
    windowStartMs: T0_MS,
    windowSizeMs: MINUTE_MS,
    swimlane: "prod",
    source: "clicks",
    feature: "age",
    kind: "feature",
    revision: 1,
    recordCount: 1_000,
    profile: numberProfile(seededRandom(1)),
    ...change,
  };
}

export function verdictRow(change: Partial<VerdictRow> = {}): VerdictRow {
  return {
    windowStartMs: T0_MS,
    windowSizeMs: MINUTE_MS,
    swimlane: "prod",
    source: "clicks",
    feature: "age",
    detector: "ks",
    revision: 1,
    answer: "ok",
    severity: "warn",
    statistic: 0.1 + 0.2,
    threshold: 1e-300,
    effect: -0,
    significance: 5e-324,
    sketchError: Number.MAX_VALUE,
    incidentId: "",
    summary: "nothing changed",
    explanation: "{}",
    ...change,
  };
}

export function incidentRow(change: Partial<IncidentRow> = {}): IncidentRow {
  return {
    id: "inc-0123456789abcdef",
    swimlane: "prod",
    state: "open",
    severity: "page",
    startMs: T0_MS,
    endMs: T0_MS + MINUTE_MS,
    changedAtMs: T0_MS + MINUTE_MS,
    resolvedAtMs: Number.NaN,
    title: "prod: age drifted",
    members: "age:ks",
    verdictCount: 1,
    explanation: "{}",
    acknowledgedBy: "",
    ...change,
  };
}

/** A segment of `[startOffset, endOffset)` with one profile for each of the features. */
export function segment(options: {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly topic?: string;
  readonly partition?: number;
  readonly shape?: string;
  readonly swimlane?: string;
  readonly features?: readonly string[];
  readonly seed?: number;
}): Segment {
  const {
    startOffset,
    endOffset,
    topic = "clicks",
    partition = 0,
    shape = "s1",
    swimlane = "prod",
  } = options;
  const random = seededRandom(options.seed ?? startOffset * 31 + endOffset);
  const profiles = (options.features ?? ["*", "age", "country"]).map(
    (feature): SegmentProfile => ({
      windowStartMs: T0_MS,
      windowSizeMs: MINUTE_MS,
      swimlane,
      source: "clicks",
      feature,
      kind: feature === "*" ? "records" : "feature",
      profile: anyProfile(random),
    }),
  );
  return {
    manifest: manifestOf({ topic, partition, startOffset, endOffset, shape }, profiles.length),
    profiles,
  };
}

function manifestOf(
  key: Pick<Manifest, "topic" | "partition" | "startOffset" | "endOffset" | "shape">,
  rowCount: number,
) {
  const outcomes = zeroOutcomes();
  RECORD_OUTCOMES.forEach((outcome, i) => {
    outcomes[outcome] = i;
  });
  outcomes.ok = key.endOffset - key.startOffset;
  return {
    ...key,
    startedAtMs: T0_MS + key.startOffset,
    rowCount,
    eventTimeMinMs: rowCount === 0 ? Number.NaN : T0_MS + 17,
    eventTimeMaxMs: rowCount === 0 ? Number.NaN : T0_MS + 59_999,
    byteCount: 2 ** 40 + key.startOffset,
    outcomes,
  };
}

export function anyProfile(random: Random): Profile {
  const kinds = [numberProfile, categoryProfile, () => emptyProfile(), histogramProfile];
  return kinds[Math.floor(random() * kinds.length)]!(random);
}

function numberProfile(random: Random): Profile {
  const items = distinctNumbers(random, 1 + Math.floor(random() * 80));
  const count = items.length;
  return {
    ...emptyProfile(),
    presentCount: count + 2,
    nullCount: 1,
    numberCount: count + 1,
    nonFiniteCount: 1,
    nanCount: 1,
    zeroCount: 1,
    min: items[0]!,
    max: items[count - 1]!,
    mean: random() / 3,
    m2: random() * 1e200,
    m3: -random() * 1e-200,
    m4: 5e-324,
    quantiles: {
      k: 200,
      items,
      weights: items.map(() => 1 + Math.floor(random() * 9)),
      rankVariance: random(),
    },
  };
}

function categoryProfile(random: Random): Profile {
  const names = [...ODD_NAMES, "", "\ud800 half a pair", "x".repeat(2_000)];
  return {
    ...emptyProfile(),
    presentCount: 2 ** 52,
    stringCount: 2 ** 53 - 1,
    booleanCount: 3,
    emptyCount: 7,
    categories: {
      namesMax: 384,
      names,
      counts: Float64Array.from(names, () => Math.floor(random() * 1e9)),
      errorMax: 12,
      distinct: { lgK: 10, registers: Uint8Array.from({ length: 1024 }, () => Math.floor(random() * 64)) },
    },
  };
}

function histogramProfile(random: Random): Profile {
  const edges = distinctNumbers(random, 33);
  return {
    ...numberProfile(random),
    histogram: { edges, counts: Float64Array.from({ length: 70 }, () => Math.floor(random() * 100)) },
  };
}

/** Ascending; among them the numbers that text forms of numbers get wrong. */
function distinctNumbers(random: Random, count: number): Float64Array {
  const odd = [-Number.MAX_VALUE, -1e-310, 5e-324, 0.1 + 0.2, 1 / 3, 2 ** 53 + 2, 1e21, Number.MAX_VALUE];
  const numbers = new Set([...odd, ...Array.from({ length: count }, () => (random() - 0.5) * 1e6)]);
  return Float64Array.from(numbers).sort();
}
