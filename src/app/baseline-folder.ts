/**
 * A folder of sketches as a baseline: `manifest.json` names the files of each feature and the counts that no sketch has.
 * What `sketch export` writes, and what Spark, Python or Java may write for `baseline import`.
 */
import { z } from "zod";

export const MANIFEST_NAME = "manifest.json";

const count = z.int().min(0);
const number = z.number();

/** Fields of a profile record (docs/reference/profile-record.md), less its sketches. */
const counts = z.strictObject({
  present_count: count.optional(),
  null_count: count.optional(),
  null_element_count: count.optional(),
  number_count: count.optional(),
  string_count: count.optional(),
  boolean_count: count.optional(),
  nan_count: count.optional(),
  positive_infinity_count: count.optional(),
  negative_infinity_count: count.optional(),
  zero_count: count.optional(),
  empty_count: count.optional(),
  mean: number.optional(),
  variance: number.optional(),
  skewness: number.optional(),
  kurtosis: number.optional(),
  m2: number.optional(),
  m3: number.optional(),
  m4: number.optional(),
  categories: z.record(z.string(), count).optional(),
  category_error: count.optional(),
});

export const manifestSchema = z.strictObject({
  version: z.literal(1),
  swimlane: z.string().optional(),
  source: z.string().optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  window_count: z.int().min(1).optional(),
  features: z.record(
    z.string(),
    z.strictObject({
      files: z
        .array(z.string().regex(/^[^/\\]+$/, "is a name within the folder, without slashes"))
        .default([]),
      record_count: count.optional(),
      counts: counts.default({}),
    }),
  ),
});

export type BaselineManifest = z.input<typeof manifestSchema>;
