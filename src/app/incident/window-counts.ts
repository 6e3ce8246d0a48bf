/**
 * Where did the records of a window go? What the stages before kept of it, held against the windows before: rejects and
 * lateness from manifests, partitions from segments' rows, the lane's other sources from their windows. Asked for only
 * when a volume is anomalous, so that a healthy lane costs nothing.
 */
import type { Outcome } from "../../decode/outcome.ts";
import type { SourceCount, WindowCounts } from "../../incident/evidence.ts";
import type { Manifest, PlacedProfile, SegmentKey } from "../../segment/manifest.ts";
import type { PartitionEnd } from "../../source/contract.ts";
import type { Store, WindowRow } from "../../store/contract.ts";

type Window = Pick<WindowRow, "swimlane" | "source" | "windowStartMs" | "windowSizeMs">;

/** Windows before it that tell what is usual. */
const WINDOWS_BEFORE = 3;
/** Not rejected: used, late (told apart), or never a record. */
const NO_REJECTS: ReadonlySet<string> = new Set<Outcome>(["ok", "late", "empty", "jumped"]);

/**
 * @param ends of the log's partitions, as the broker says now; `undefined` where it was not asked or did not answer:
 *   then nothing is said of our lag.
 */
export async function windowCounts(
  store: Store,
  window: Window,
  ends?: readonly PartitionEnd[],
): Promise<WindowCounts> {
  const { swimlane, source, windowStartMs, windowSizeMs } = window;
  const startsMs = Array.from({ length: WINDOWS_BEFORE + 1 }, (_, i) => windowStartMs - i * windowSizeMs);
  const rows = await Promise.all(
    startsMs.map((startMs) => store.readSegmentProfilesOfWindow(swimlane, source, startMs)),
  );
  const [now, ...before] = rows.map(recordsByPartition);
  const manifests = await manifestsOf(store, rows.flat());
  const span = { sinceMs: windowStartMs, untilMs: windowStartMs + windowSizeMs };
  const spanBefore = { sinceMs: startsMs.at(-1)!, untilMs: windowStartMs };
  return {
    ...partitionCounts(now!, before),
    ...outcomeCounts(manifests, span, spanBefore),
    ...(ends === undefined ? {} : { lagRecords: lagRecords(manifests, span.untilMs, ends) }),
    otherSources: await otherSources(store, window),
  };
}

/** Records by "topic|partition". Rows of overlapping cuts are told apart by taking the widest only. */
function recordsByPartition(rows: readonly PlacedProfile[]): Map<string, number> {
  const counts = new Map<string, number>();
  const records = rows.filter(({ kind }) => kind === "records");
  for (const row of tiling(records, ({ manifest }) => manifest)) {
    const key = partitionKey(row.manifest);
    counts.set(key, (counts.get(key) ?? 0) + row.profile.presentCount);
  }
  return counts;
}

/** Partitions that sent nothing though they sent something in every window before. */
function partitionCounts(now: Map<string, number>, before: readonly Map<string, number>[]): WindowCounts {
  const usual = [...new Set(before.flatMap((counts) => [...counts.keys()]))].filter((key) =>
    before.every((counts) => (counts.get(key) ?? 0) > 0),
  );
  const silent = usual.filter((key) => (now.get(key) ?? 0) === 0).sort();
  const all = new Set([...usual, ...now.keys()]);
  return {
    partitionCount: all.size,
    silentPartitionCount: silent.length,
    silentPartitions: silent.slice(0, 8),
  };
}

/** Of the partitions that brought the lane, from the oldest of the windows on. */
async function manifestsOf(store: Store, rows: readonly PlacedProfile[]): Promise<readonly Manifest[]> {
  const firstOffsets = new Map<string, SegmentKey>();
  for (const { manifest } of rows) {
    const known = firstOffsets.get(partitionKey(manifest));
    if (known === undefined || manifest.startOffset < known.startOffset)
      firstOffsets.set(partitionKey(manifest), manifest);
  }
  const read = await Promise.all(
    [...firstOffsets.values()].map(({ topic, partition, startOffset }) =>
      store.readManifests(topic, partition, startOffset),
    ),
  );
  return read.flatMap((manifests) => tiling(manifests, (manifest) => manifest));
}

/**
 * Records still to read that may belong to the window: of partitions whose counted records do not reach its end yet. A
 * partition that was read beyond it always has some newer records under way, which explain nothing of this window.
 */
function lagRecords(
  manifests: readonly Manifest[],
  windowEndMs: number,
  ends: readonly PartitionEnd[],
): number {
  const reached = new Map<string, { endOffset: number; eventTimeMs: number }>();
  for (const manifest of manifests) {
    const known = reached.get(partitionKey(manifest));
    const eventTimeMs = Number.isNaN(manifest.eventTimeMaxMs)
      ? Number.NEGATIVE_INFINITY
      : manifest.eventTimeMaxMs;
    reached.set(partitionKey(manifest), {
      endOffset: Math.max(manifest.endOffset, known?.endOffset ?? 0),
      eventTimeMs: Math.max(eventTimeMs, known?.eventTimeMs ?? Number.NEGATIVE_INFINITY),
    });
  }
  let lag = 0;
  for (const end of ends) {
    const read = reached.get(partitionKey(end));
    // A partition that never brought the lane says nothing about it.
    if (read === undefined || read.eventTimeMs >= windowEndMs) continue;
    lag += Math.max(0, end.endOffset - read.endOffset);
  }
  return lag;
}

interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What came beyond the usual: a source that always has a few bad records is not explained by them. */
function outcomeCounts(manifests: readonly Manifest[], span: Span, before: Span): WindowCounts {
  const now = outcomesIn(manifests, span);
  const usual = outcomesIn(manifests, before);
  const rejected: Record<string, number> = {};
  let lateCount = 0;
  for (const [outcome, count] of now) {
    const excess = Math.round(count - (usual.get(outcome) ?? 0) / WINDOWS_BEFORE);
    if (excess <= 0) continue;
    if (outcome === "late") lateCount = excess;
    else if (!NO_REJECTS.has(outcome)) rejected[outcome] = excess;
  }
  return { rejectedByReason: rejected, lateCount };
}

/** By outcome; of a segment that reaches beyond the span, as much as its share of event time. */
function outcomesIn(manifests: readonly Manifest[], span: Span): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [i, manifest] of manifests.entries()) {
    const share = overlap(eventSpan(manifests, i), span);
    if (share === 0) continue;
    for (const [outcome, count] of Object.entries(manifest.outcomes))
      counts.set(outcome, (counts.get(outcome) ?? 0) + count * share);
  }
  return counts;
}

/** A segment of which nothing could be used has no event times: it lies between its neighbours. */
function eventSpan(manifests: readonly Manifest[], at: number): Span {
  const { eventTimeMinMs, eventTimeMaxMs, topic, partition } = manifests[at]!;
  if (Number.isFinite(eventTimeMinMs)) return { sinceMs: eventTimeMinMs, untilMs: eventTimeMaxMs + 1 };
  const same = (other: Manifest | undefined) => other?.topic === topic && other.partition === partition;
  const [before, after] = [manifests[at - 1], manifests[at + 1]];
  const sinceMs = same(before) ? before!.eventTimeMaxMs : Number.NaN;
  const untilMs = same(after) ? after!.eventTimeMinMs : sinceMs + 1;
  return { sinceMs, untilMs: Math.max(untilMs, sinceMs + 1) };
}

function overlap(part: Span, span: Span): number {
  const common = Math.min(part.untilMs, span.untilMs) - Math.max(part.sinceMs, span.sinceMs);
  return common > 0 ? common / (part.untilMs - part.sinceMs) : 0;
}

/** The lane's other sources in the same window, beside what they brought in the windows before. */
async function otherSources(store: Store, window: Window): Promise<readonly SourceCount[]> {
  const { swimlane, source, windowStartMs, windowSizeMs } = window;
  const sinceMs = windowStartMs - WINDOWS_BEFORE * windowSizeMs;
  const rows = await store.readWindows({ swimlane, windowSizeMs, sinceMs, untilMs: windowStartMs + 1 });
  const sources = [...new Set(rows.map((row) => row.source))].filter((name) => name !== source).sort();
  return sources.flatMap((name): SourceCount[] => {
    const own = rows.filter((row) => row.source === name);
    const now = own.find((row) => row.windowStartMs === windowStartMs);
    const before = own.filter((row) => row.windowStartMs < windowStartMs);
    if (now === undefined || before.length === 0) return [];
    const usual = before.reduce((sum, row) => sum + row.recordCount, 0) / before.length;
    return [{ source: name, recordCount: now.recordCount, usualCount: Math.round(usual) }];
  });
}

/** Of things that may cover the same offsets twice, those that tile them: each begins where the ones before end. */
function tiling<T>(things: readonly T[], keyOf: (thing: T) => SegmentKey): readonly T[] {
  const sorted = [...things].sort((a, b) => compareKeys(keyOf(a), keyOf(b)));
  let [last, endOffset] = ["", 0];
  return sorted.filter((thing) => {
    const key = keyOf(thing);
    const partition = partitionKey(key);
    if (partition === last && key.startOffset < endOffset) return false;
    [last, endOffset] = [partition, key.endOffset];
    return true;
  });
}

function compareKeys(a: SegmentKey, b: SegmentKey): number {
  const [first, second] = [partitionKey(a), partitionKey(b)];
  if (first !== second) return first < second ? -1 : 1;
  return a.startOffset - b.startOffset || b.endOffset - a.endOffset;
}

function partitionKey({ topic, partition }: Pick<SegmentKey, "topic" | "partition">): string {
  return `${topic}|${partition}`;
}
