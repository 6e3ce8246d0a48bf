import type { OutcomeCounts } from "../decode/outcome.ts";
import type { Profile } from "../sketch/profile.ts";

/** A half-open offset range of one partition, and under which configuration it was folded: the name of a segment. */
export interface SegmentKey {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Hash of the configuration that decides folding. */
  readonly shape: string;
}

/** The row that vouches for a segment. A pure function of the log and the shape: whoever writes it writes the same. */
export interface Manifest extends SegmentKey {
  /** The log's own time of the first record: deterministic, never the wall clock. */
  readonly startedAtMs: number;
  /** Profiles that must be visible before the segment counts. */
  readonly rowCount: number;
  /** Of the records with outcome `ok`; NaN when there are none. */
  readonly eventTimeMinMs: number;
  readonly eventTimeMaxMs: number;
  /** Bytes of the records' values. */
  readonly byteCount: number;
  /** Adds up to `endOffset - startOffset`. */
  readonly outcomes: OutcomeCounts;
}

/** What a profile is of: a feature, a metric, or (feature "*") the records of the lane as a whole. */
export type ProfileKind = "feature" | "metric" | "records" | "sql";

/** One summary of a segment. Its key is the segment's and (windowStartMs, swimlane, source, feature). */
export interface SegmentProfile {
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly swimlane: string;
  readonly source: string;
  readonly feature: string;
  readonly kind: ProfileKind;
  readonly profile: Profile;
}

/** What a segment holds, with the segment's name: where it lies in the log. */
export interface Placed {
  readonly manifest: SegmentKey;
}

export interface PlacedProfile extends SegmentProfile, Placed {}

export interface Segment {
  readonly manifest: Manifest;
  readonly profiles: readonly SegmentProfile[];
}
