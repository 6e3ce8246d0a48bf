/**
 * A segment's profiles as rows: those of one window, swimlane and source lie together in one row, since they are written
 * and read together and nobody selects among them. A row for each feature cost the database fifty times as much.
 */
import { groupBy } from "../base/group-by.ts";
import type { Placed, Segment, SegmentKey, SegmentProfile } from "../segment/manifest.ts";
import { ProfileListReader, ProfileListWriter } from "../sketch/profile-list.ts";
import { sharedName } from "../sketch/shared-lists.ts";

/** What one row of `segment_windows` says. */
export interface SegmentWindowRow extends Placed {
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly swimlane: string;
  readonly source: string;
  /** From 0; a lane of very many or very large profiles takes several rows. */
  readonly part: number;
  /** Records of the lane's window in the segment; 0 in parts after the first. */
  readonly recordCount: number;
  /** Profiles in this row. */
  readonly profileCount: number;
  /** JSON: for each profile its feature, its kind, and the names of its categories where it has any. */
  readonly names: string;
  readonly numbers: Float64Array;
}

/** Numbers and characters after which a row is full: an answer's row must fit the database's send buffer (1 MiB). */
const NUMBERS_PER_ROW = 8_192;
const NAME_CHARS_PER_ROW = 65_536;

type Named = readonly [feature: string, kind: SegmentProfile["kind"], categories?: readonly string[]];

/** The rows of a segment. A pure function of it: whoever writes it writes the same. */
export function rowsOfSegment({ manifest, profiles }: Segment): SegmentWindowRow[] {
  const lanes = groupBy(profiles, ({ windowStartMs, windowSizeMs, swimlane, source }) =>
    JSON.stringify([windowStartMs, windowSizeMs, swimlane, source]),
  );
  return [...lanes.values()].flatMap((lane) => rowsOfLane(manifest, lane));
}

function rowsOfLane(manifest: SegmentKey, profiles: readonly SegmentProfile[]): SegmentWindowRow[] {
  const { windowStartMs, windowSizeMs, swimlane, source } = profiles[0]!;
  const rows: SegmentWindowRow[] = [];
  const writer = new ProfileListWriter();
  let names: Named[] = [];
  let nameChars = 0;
  let recordCount = 0;
  const end = () => {
    const part = rows.length;
    const key = { windowStartMs, windowSizeMs, swimlane, source, part, recordCount, manifest };
    rows.push({ ...key, profileCount: names.length, names: JSON.stringify(names), numbers: writer.take() });
    names = [];
    nameChars = 0;
    recordCount = 0;
  };
  for (const { feature, kind, profile } of profiles) {
    if (writer.length >= NUMBERS_PER_ROW || nameChars >= NAME_CHARS_PER_ROW) end();
    const categories = profile.categories.names;
    writer.add(profile);
    names.push(categories.length === 0 ? [feature, kind] : [feature, kind, categories]);
    nameChars += feature.length + categories.reduce((sum, name) => sum + name.length, 0);
    if (kind === "records") recordCount += profile.presentCount;
  }
  end();
  return rows;
}

/** The profiles of one row, in the order in which the segment had them. */
export function profilesOfRow(row: SegmentWindowRow): SegmentProfile[] {
  const { windowStartMs, windowSizeMs, swimlane, source } = row;
  const reader = new ProfileListReader(row.numbers);
  return (JSON.parse(row.names) as Named[]).map(([feature, kind, categories = []]) => ({
    windowStartMs,
    windowSizeMs,
    swimlane,
    source,
    feature: sharedName(feature),
    kind,
    profile: reader.next(categories),
  }));
}
