/** One feature in one window, beside the reference that it was held to. */
import type { DistributionSnapshot, FeatureKind } from "../../../detectors/contract.ts";
import { hashText } from "../../base/random.ts";
import { mergeProfiles } from "../../sketch/merge.ts";
import { snapshotOf } from "../../sketch/snapshot.ts";
import type { ProfileRow, Store, VerdictRow } from "../../store/contract.ts";
import { maybe, readReferenceSpan } from "../verdicts/explanation.ts";
import { verdictAnswer } from "../verdicts/verdict-answer.ts";
import type { DistributionAnswer, SideAnswer } from "../wire.ts";
import { categoryBars, numberBars } from "./bars.ts";

/** Windows merged into a reference when no verdict says which ones were. */
const REFERENCE_WINDOWS = 24;
/** Most windows merged, however long the reference was; its newest. */
const REFERENCE_WINDOWS_MAX = 400;
const VERDICTS_MAX = 100;

export interface DistributionAsked {
  readonly swimlane: string;
  readonly source: string;
  readonly feature: string;
  readonly windowSizeMs: number;
  /** A moment in the window; the newest window when left out. */
  readonly atMs?: number;
}

/** @returns `undefined` when no such window is stored. */
export async function compareWindow(
  store: Store,
  asked: DistributionAsked,
): Promise<DistributionAnswer | undefined> {
  const [row] = await store.readProfiles({ ...of(asked), ...windowAt(asked), descending: true, limit: 1 });
  if (row === undefined) return undefined;
  const span = { sinceMs: row.windowStartMs, untilMs: row.windowStartMs + 1 };
  const verdicts = await store.readVerdicts({ ...of(asked), ...span, limit: VERDICTS_MAX });
  const reference = await readReference(store, asked, row, verdicts);
  const current = snapshotOf(row.profile, row.recordCount);
  return {
    swimlane: asked.swimlane,
    source: asked.source,
    feature: asked.feature,
    valueKind: valueKindOf(reference?.snapshot ?? current),
    windowSizeMs: asked.windowSizeMs,
    current: sideAnswer("current", [row], current),
    reference:
      reference === undefined ? null : sideAnswer(reference.name, reference.rows, reference.snapshot),
    numbers: numberBars(reference?.snapshot, current),
    categories: categoryBars(reference?.snapshot, current),
    verdicts: verdicts.map(verdictAnswer),
  };
}

function of({ swimlane, source, feature, windowSizeMs }: DistributionAsked) {
  return { swimlane, source, feature, windowSizeMs };
}

function windowAt({ atMs, windowSizeMs }: DistributionAsked) {
  if (atMs === undefined) return {};
  const startMs = Math.floor(atMs / windowSizeMs) * windowSizeMs;
  return { sinceMs: startMs, untilMs: startMs + windowSizeMs };
}

interface Merged {
  readonly name: string;
  readonly rows: readonly ProfileRow[];
  readonly snapshot: DistributionSnapshot;
}

/** The windows that a verdict names; else the newest before this one that no verdict called anomalous. */
async function readReference(
  store: Store,
  asked: DistributionAsked,
  row: ProfileRow,
  verdicts: readonly VerdictRow[],
): Promise<Merged | undefined> {
  const named = verdicts
    .map((verdict) => readReferenceSpan(verdict.explanation))
    .find((span) => span !== undefined);
  const rows = named
    ? await store.readProfiles({
        ...of(asked),
        sinceMs: named.sinceMs,
        untilMs: named.untilMs,
        descending: true,
        limit: REFERENCE_WINDOWS_MAX,
      })
    : await readEarlier(store, asked, row.windowStartMs);
  const others = rows.filter((other) => other.windowStartMs !== row.windowStartMs);
  if (others.length === 0) return undefined;
  const ordered = [...others].sort((a, b) => a.windowStartMs - b.windowStartMs);
  const seed = hashText(`reference|${asked.swimlane}|${asked.source}|${asked.feature}`);
  const merged = mergeProfiles(
    ordered.map((other) => other.profile),
    seed,
  );
  const recordCount = ordered.reduce((sum, other) => sum + other.recordCount, 0);
  return { name: named?.name ?? "windows before", rows: ordered, snapshot: snapshotOf(merged, recordCount) };
}

async function readEarlier(
  store: Store,
  asked: DistributionAsked,
  beforeMs: number,
): Promise<readonly ProfileRow[]> {
  const span = { sinceMs: beforeMs - 4 * REFERENCE_WINDOWS * asked.windowSizeMs, untilMs: beforeMs };
  const [rows, anomalies] = await Promise.all([
    store.readProfiles({ ...of(asked), ...span, descending: true, limit: 4 * REFERENCE_WINDOWS }),
    store.readVerdicts({
      ...of(asked),
      ...span,
      answer: "anomalous",
      limit: 4 * REFERENCE_WINDOWS * VERDICTS_MAX,
    }),
  ]);
  const anomalous = new Set(anomalies.map((verdict) => verdict.windowStartMs));
  return rows.filter((row) => !anomalous.has(row.windowStartMs)).slice(0, REFERENCE_WINDOWS);
}

function sideAnswer(name: string, rows: readonly ProfileRow[], snapshot: DistributionSnapshot): SideAnswer {
  const { recordCount, presentCount } = snapshot;
  const names = snapshot.stringCount + snapshot.booleanCount;
  return {
    name,
    sinceMs: rows[0]!.windowStartMs,
    untilMs: rows.at(-1)!.windowStartMs + rows.at(-1)!.windowSizeMs,
    windowCount: rows.length,
    recordCount,
    presentCount,
    nullShare: presentCount === 0 ? null : snapshot.nullCount / presentCount,
    missingShare: recordCount === 0 ? null : Math.max(0, recordCount - presentCount) / recordCount,
    distinctCount: names === 0 ? null : maybe(snapshot.distinctCount),
    mean: maybe(snapshot.mean),
    deviation: maybe(Math.sqrt(snapshot.variance)),
    min: maybe(snapshot.min),
    p05: quantile(snapshot, 0.05),
    p50: quantile(snapshot, 0.5),
    p95: quantile(snapshot, 0.95),
    max: maybe(snapshot.max),
  };
}

function quantile({ values, cumulativeCounts }: DistributionSnapshot, rank: number) {
  const target = rank * (cumulativeCounts.at(-1) ?? 0);
  const index = cumulativeCounts.findIndex((count) => count >= target);
  return maybe(values[index]);
}

/** For people: which of the two charts to draw. */
function valueKindOf(snapshot: DistributionSnapshot): FeatureKind {
  const names = snapshot.stringCount + snapshot.booleanCount;
  if (names + snapshot.numberCount === 0) return "empty";
  if (names > snapshot.numberCount)
    return snapshot.booleanCount >= snapshot.stringCount ? "flag" : "category";
  return snapshot.values.length <= 20 ? "discrete" : "numeric";
}
