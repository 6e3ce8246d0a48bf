/**
 * The merge of a lane's stored windows, feature by feature, without those that were anomalous: a baseline must not
 * learn the fault. Read in pieces, so that months of a lane with many features fit in memory.
 */
import { OperationalError } from "../../base/errors.ts";
import { hashText } from "../../base/random.ts";
import { mergeProfiles } from "../../sketch/merge.ts";
import type { Profile } from "../../sketch/profile.ts";
import type { Store, VerdictRow, WindowRow } from "../../store/contract.ts";
import { isHeldToReference } from "../verdict/verdict-name.ts";

export interface StoredSpan {
  readonly swimlane: string;
  readonly source: string;
  readonly windowSizeMs: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly includeAnomalous: boolean;
}

export interface MergedFeature {
  readonly feature: string;
  readonly recordCount: number;
  readonly profile: Profile;
}

export interface MergedWindows {
  readonly windowCount: number;
  /** Windows that were left out for at least one feature. */
  readonly excludedCount: number;
  readonly excluded: ReadonlyMap<string, number>;
  readonly features: readonly MergedFeature[];
}

/** Profiles read at a time. */
const ROWS_PER_PIECE = 20_000;
const WINDOWS_MAX = 1_000_000;
const VERDICTS_MAX = 10_000_000;
/** What speaks of all features: the count of records, and the lane as a whole. */
const WHOLE_LANE = "*";

interface Gathering {
  recordCount: number;
  parts: Profile[];
}

/** @throws {OperationalError} BASELINE_EMPTY when no window, or none that was in order, is stored. */
export async function mergeStoredWindows(store: Store, span: StoredSpan): Promise<MergedWindows> {
  const { swimlane, source, windowSizeMs, sinceMs, untilMs } = span;
  const lane = { swimlane, source, windowSizeMs };
  const stored = await store.readWindows({ ...lane, sinceMs, untilMs, limit: WINDOWS_MAX });
  const windows = stored.filter((window) => window.recordCount > 0);
  if (windows.length === 0) throw nothingThere(span, "has no window with records stored in that span");
  const features = new Map<string, Gathering>();
  const excluded = new Map<string, number>();
  const excludedWindows = new Set<number>();
  for (const piece of piecesOf(windows)) {
    const within = { ...lane, sinceMs: piece[0]!.windowStartMs, untilMs: piece.at(-1)!.windowStartMs + 1 };
    const suspects = span.includeAnomalous
      ? new Set<string>()
      : suspectsOf(await store.readVerdicts({ ...within, answer: "anomalous", limit: VERDICTS_MAX }));
    const revisions = new Map(piece.map((window) => [window.windowStartMs, window.revision]));
    for (const row of await store.readProfiles({ ...within, limit: VERDICTS_MAX })) {
      if (row.kind !== "feature" || revisions.get(row.windowStartMs) !== row.revision) continue;
      if (
        suspects.has(keyOf(row.windowStartMs, row.feature)) ||
        suspects.has(keyOf(row.windowStartMs, WHOLE_LANE))
      ) {
        excluded.set(row.feature, (excluded.get(row.feature) ?? 0) + 1);
        excludedWindows.add(row.windowStartMs);
        continue;
      }
      const gathering = features.get(row.feature);
      if (gathering === undefined)
        features.set(row.feature, { recordCount: row.recordCount, parts: [row.profile] });
      else {
        gathering.recordCount += row.recordCount;
        gathering.parts.push(row.profile);
      }
    }
    for (const [feature, gathering] of features)
      gathering.parts = [mergeProfiles(gathering.parts, hashText(feature))];
  }
  if (features.size === 0)
    throw nothingThere(span, `has ${windows.length} windows in that span, and every one was anomalous`);
  return {
    windowCount: windows.length,
    excludedCount: excludedWindows.size,
    excluded,
    features: [...features].map(([feature, { recordCount, parts }]) => ({
      feature,
      recordCount,
      profile: parts[0]!,
    })),
  };
}

function* piecesOf(windows: readonly WindowRow[]): Generator<readonly WindowRow[]> {
  let piece: WindowRow[] = [];
  let rows = 0;
  for (const window of windows) {
    if (rows > 0 && rows + window.profileCount > ROWS_PER_PIECE) {
      yield piece;
      piece = [];
      rows = 0;
    }
    piece.push(window);
    rows += window.profileCount;
  }
  yield piece;
}

/** What warned or paged by the lane's own past. Another baseline's complaint says nothing of this one. */
function suspectsOf(verdicts: readonly VerdictRow[]): ReadonlySet<string> {
  return new Set(
    verdicts
      .filter(({ severity, detector }) => severity !== "info" && !isHeldToReference(detector))
      .map(({ windowStartMs, feature }) => keyOf(windowStartMs, feature)),
  );
}

function keyOf(windowStartMs: number, feature: string): string {
  return `${windowStartMs}|${feature}`;
}

function nothingThere({ swimlane, source, sinceMs, untilMs }: StoredSpan, what: string): OperationalError {
  const span = [sinceMs, untilMs].map((ms) =>
    Number.isFinite(ms) ? new Date(ms).toISOString() : "any time",
  );
  return new OperationalError(
    `Lane "${swimlane}", source "${source}" ${what} (${span.join(" to ")}). Nothing was kept. ` +
      "Widen --since and --until, or say --include-anomalous where the change was meant.",
    { code: "BASELINE_EMPTY", retryable: false, context: { swimlane, source } },
  );
}
