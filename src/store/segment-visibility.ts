/**
 * A segment counts only once all its rows can be read: QuestDB acknowledges before it applies, so the manifest's
 * row count is held against what is really there.
 */
import { invariant } from "../base/errors.ts";
import type { Manifest, SegmentKey, SegmentProfile } from "../segment/manifest.ts";
import { ROWS_READ_MAX } from "./filter.ts";
import { profilesOfRow, type SegmentWindowRow } from "./segment-windows.ts";
import type { Condition, Selection } from "./tables.ts";

/**
 * A record's window starts at most this long before its event time. Windows of segments are the lanes' own, never
 * longer than a day; hours and days are merged from them elsewhere.
 */
const WINDOW_SIZE_MS_MAX = 86_400_000;

/** Segments asked for in one query. */
const SEGMENTS_PER_QUERY_MAX = 200;

/**
 * Bound of one answer. Far above {@link ROWS_READ_MAX}, of which the batches are made: rows of other cuts that begin
 * and end at offsets of the batch come along, and one row cut off would hide its segment for ever.
 */
const ROWS_PER_QUERY_MAX = 1_000_000;

type ReadRows = (selection: Selection) => Promise<readonly SegmentWindowRow[]>;

/** In the order of `manifests`: the segment's profiles, or `undefined` while some of its rows are not visible. */
export async function readVisibleProfiles(
  manifests: readonly Manifest[],
  read: ReadRows,
): Promise<readonly (readonly SegmentProfile[] | undefined)[]> {
  const found = new Map<string, SegmentProfile[]>();
  for (const batch of queryBatches(manifests)) {
    for (const row of await read(selectionOf(batch))) collect(found, row);
  }
  return manifests.map((manifest) => {
    const profiles = found.get(keyText(manifest)) ?? [];
    return distinctCount(profiles) === manifest.rowCount ? profiles : undefined;
  });
}

/** Manifests of one partition and shape each, as many as one query may name. Those without rows need no query. */
function queryBatches(manifests: readonly Manifest[]): readonly (readonly [Manifest, ...Manifest[]])[] {
  const full: [Manifest, ...Manifest[]][] = [];
  const open = new Map<string, { batch: [Manifest, ...Manifest[]]; rowCount: number }>();
  for (const manifest of manifests) {
    if (manifest.rowCount === 0) continue;
    const key = JSON.stringify([manifest.topic, manifest.partition, manifest.shape]);
    const last = open.get(key);
    const fits = last !== undefined && last.rowCount + manifest.rowCount <= ROWS_READ_MAX;
    if (fits && last.batch.length < SEGMENTS_PER_QUERY_MAX) {
      last.batch.push(manifest);
      last.rowCount += manifest.rowCount;
      continue;
    }
    const batch: [Manifest, ...Manifest[]] = [manifest];
    open.set(key, { batch, rowCount: manifest.rowCount });
    full.push(batch);
  }
  return full;
}

/** Rows of the batch's segments, and maybe of other cuts that begin where one of them begins. */
function selectionOf(batch: readonly [Manifest, ...Manifest[]]): Selection {
  const [{ topic, partition, shape }] = batch;
  const sinceMs = Math.min(...batch.map((m) => m.eventTimeMinMs)) - WINDOW_SIZE_MS_MAX;
  const untilMs = Math.max(...batch.map((m) => m.eventTimeMaxMs)) + 1;
  invariant(sinceMs < untilMs, "a segment that has rows has event times");
  const where: Condition[] = [
    { column: "window_start", is: ">=", value: sinceMs },
    { column: "window_start", is: "<", value: untilMs },
    { column: "topic", is: "=", value: topic },
    { column: "topic_partition", is: "=", value: partition },
    { column: "start_offset", is: "in", values: [...new Set(batch.map((m) => m.startOffset))] },
    { column: "end_offset", is: "in", values: [...new Set(batch.map((m) => m.endOffset))] },
    { column: "shape", is: "=", value: shape },
  ];
  const orderBy = ["start_offset", "end_offset", "window_start", "swimlane", "source", "part"];
  return { where, orderBy, limit: ROWS_PER_QUERY_MAX };
}

function collect(found: Map<string, SegmentProfile[]>, row: SegmentWindowRow): void {
  const key = keyText(row.manifest);
  const known = found.get(key);
  const profiles = known ?? [];
  if (known === undefined) found.set(key, profiles);
  for (const profile of profilesOfRow(row)) profiles.push(profile);
}

/** QuestDB has shown the same row twice while it rewrote a partition, so keys are counted, not rows. */
function distinctCount(profiles: SegmentProfile[]): number {
  const seen = new Set<string>();
  let kept = 0;
  for (const profile of profiles) {
    const key = JSON.stringify([profile.windowStartMs, profile.swimlane, profile.source, profile.feature]);
    if (seen.has(key)) continue;
    seen.add(key);
    profiles[kept++] = profile;
  }
  profiles.length = kept;
  return kept;
}

function keyText({ topic, partition, startOffset, endOffset, shape }: SegmentKey): string {
  return JSON.stringify([topic, partition, startOffset, endOffset, shape]);
}
