/** The built-in detectors, one line each. A user's own needs only its path in the configuration. */
import { cardinality } from "./cardinality/cardinality.ts";
import { categories } from "./categories/categories.ts";
import type { Detector } from "./contract.ts";
import { freshness } from "./freshness/freshness.ts";
import { heavyValue } from "./heavy-value/heavy-value.ts";
import { ks } from "./ks/ks.ts";
import { metric } from "./metric/metric.ts";
import { nullRate } from "./null-rate/null-rate.ts";
import { precision } from "./precision/precision.ts";
import { psi } from "./psi/psi.ts";
import { range } from "./range/range.ts";
import { schema } from "./schema/schema.ts";
import { share } from "./share/share.ts";
import { shift } from "./shift/shift.ts";
import { volume } from "./volume/volume.ts";

export const BUILT_IN_DETECTORS: readonly Detector[] = [
  volume,
  freshness,
  metric,
  ks,
  psi,
  shift,
  share,
  nullRate,
  categories,
  range,
  schema,
  heavyValue,
  precision,
  cardinality,
];
