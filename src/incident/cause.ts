import { detectorOf } from "../audit/verdict/verdict-name.ts";
import type { Evidence, SourceCount } from "./evidence.ts";
import { type Ledger, sourcesOf } from "./ledger.ts";
import type { Witness } from "./sighting.ts";

/** A likely cause, read off counts. The first is the likeliest. */
export interface Cause {
  readonly cause:
    | "we-are-behind"
    | "rejected"
    | "late"
    | "partitions"
    | "schema"
    | "one-source"
    | "all-sources"
    | "stopped"
    | "missing-together"
    | "shared"
    | "unknown";
  readonly text: string;
}

/** Counts that explain less than this share of what is missing are not called the cause. */
const EXPLAINED_SHARE_MIN = 0.3;
/** Features that lose their values together before one cause upstream is likelier than several. */
const TOGETHER_MIN = 3;

/** What the counts say, likeliest first; never empty. */
export function likelyCauses(ledger: Ledger, evidence: readonly Evidence[]): readonly Cause[] {
  const volume = ledger.witnesses.find((w) => w.feature === "*" && w.expected !== null && w.value !== null);
  const missing = volume === undefined ? 0 : Math.max(0, volume.expected! - volume.value!);
  const causes = [
    ...(missing > 0 ? fromCounts(missing, volume!, evidence) : []),
    ...fromSchema(ledger.witnesses),
    ...(volume === undefined ? [] : fromSilence(volume)),
    ...fromNulls(ledger),
  ];
  return causes.length > 0
    ? causes
    : [{ cause: "unknown", text: "The counts name no cause; the data itself changed." }];
}

/** Held against what is missing in the worst window, so evidence of that window and source only. */
function fromCounts(missing: number, volume: Witness, evidence: readonly Evidence[]): readonly Cause[] {
  const counts = evidence.find((e) => e.windowStartMs === volume.windowStartMs && e.source === volume.source);
  if (counts === undefined) return [];
  const causes: Cause[] = [];
  const enough = (count: number | undefined): count is number =>
    count !== undefined && count >= EXPLAINED_SHARE_MIN * missing;
  const wanted = `where ${whole(missing)} are missing`;
  if (enough(counts.lagRecords)) {
    causes.push({
      cause: "we-are-behind",
      text: `Lanewatch itself has ${whole(counts.lagRecords)} records still to read ${wanted}.`,
    });
  }
  const reasons = Object.entries(counts.rejectedByReason ?? {}).sort((a, b) => b[1] - a[1]);
  const rejected = reasons.reduce((sum, [, count]) => sum + count, 0);
  if (enough(rejected)) {
    causes.push({
      cause: "rejected",
      text: `${whole(rejected)} records were rejected ${wanted}, most as ${reasons[0]![0]}.`,
    });
  }
  if (enough(counts.lateCount)) {
    causes.push({
      cause: "late",
      text: `${whole(counts.lateCount)} records came after their window had closed, ${wanted}.`,
    });
  }
  // What is usual is known at the onset: later windows have the fault behind them.
  const onset = evidence.find(({ source }) => source === volume.source) ?? counts;
  return [...causes, ...fromPartitions(onset), ...fromSources(volume.source, onset)];
}

/** Where every partition is silent the source is, which is said elsewhere. */
function fromPartitions(counts: Evidence): readonly Cause[] {
  const silent = counts.silentPartitionCount ?? 0;
  if (silent === 0 || silent === counts.partitionCount) return [];
  const names = (counts.silentPartitions ?? []).map((key) => key.replace("|", " partition "));
  const which = names.length === 0 ? "" : `: ${names.join(", ")}${silent > names.length ? ", …" : ""}`;
  return [
    {
      cause: "partitions",
      text: `${silent} of ${counts.partitionCount ?? "?"} partitions sent nothing${which}.`,
    },
  ];
}

/** A source counts as usual above this share of what it brought before, and as missing below. */
const AS_USUAL_SHARE = 0.7;
const SOURCES_NAMED_MAX = 5;

/** Is it this source alone, or all that the lane has? */
function fromSources(source: string, { otherSources = [] }: Evidence): readonly Cause[] {
  const known = otherSources.filter(({ usualCount }) => usualCount > 0);
  if (known.length === 0) return [];
  const isUsual = ({ recordCount, usualCount }: SourceCount) => recordCount >= AS_USUAL_SHARE * usualCount;
  const names = known.slice(0, SOURCES_NAMED_MAX).map((other) => other.source || "without a source");
  const list = `${names.join(", ")}${known.length > names.length ? ", …" : ""}`;
  if (known.every(isUsual))
    return [
      {
        cause: "one-source",
        text: `${source || "Records without a source"} alone: ${list} brought as many records as before.`,
      },
    ];
  if (known.some(isUsual)) return [];
  return [
    { cause: "all-sources", text: `All sources of the lane at once (${list} too): look upstream of them.` },
  ];
}

function fromSchema(witnesses: readonly Witness[]): readonly Cause[] {
  const schema = witnesses.find((witness) => detectorOf(witness.detector) === "schema");
  return schema === undefined ? [] : [{ cause: "schema", text: `The schema changed: ${schema.summary}` }];
}

function fromSilence(volume: Witness): readonly Cause[] {
  if (volume.value !== 0) return [];
  return [
    { cause: "stopped", text: `${volume.source || "The lane"} stopped: no record at all in a whole window.` },
  ];
}

function fromNulls(ledger: Ledger): readonly Cause[] {
  const features = new Set<string>();
  for (const note of ledger.notes)
    for (const s of note.sightings) if (detectorOf(s.detector) === "null-rate") features.add(s.feature);
  if (features.size < TOGETHER_MIN) return [];
  const where = sourcesOf(ledger).join(", ");
  return [
    {
      cause: "missing-together",
      text: `${features.size} features of ${where} lost their values together: look for one join or field group upstream.`,
    },
  ];
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
