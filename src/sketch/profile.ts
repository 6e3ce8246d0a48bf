/**
 * One profile: all summaries of one (swimlane, source, feature, window). Plain and immutable; open profiles live
 * in an arena (arena.ts), merged ones are made by merge.ts, stored ones go through codec.ts.
 */
export interface Profile {
  /** Records that had the feature, `null` included. */
  readonly presentCount: number;
  readonly nullCount: number;
  readonly numberCount: number;
  readonly stringCount: number;
  readonly booleanCount: number;
  readonly nonFiniteCount: number;
  readonly zeroCount: number;
  readonly emptyCount: number;
  /** Of the finite numbers; NaN when there are none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Sums of powers of the distance to the mean, 2nd to 4th. */
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
  // The sketches (KLL, HLL, frequent strings, histogram on the reference's edges) are added by the sketch stage.
}
