/** Sketch files (.sk) made here or elsewhere: which family they are, what they hold, and a profile as such files. */

import { lgMapFor } from "./category-overflow.ts";
import { registersOfNames } from "./distinct.ts";
import { deserializeFrequent, serializeFrequent } from "./frequent-format.ts";
import { FrequentStrings } from "./frequent-strings.ts";
import { HllSketch } from "./hll.ts";
import { deserializeHll, serializeHll } from "./hll-format.ts";
import { registersOf } from "./hll-union.ts";
import { KllSketch } from "./kll.ts";
import { deserializeKll, serializeKll } from "./kll-format.ts";
import { KLL_K_MIN } from "./kll-levels.ts";
import { KllView } from "./kll-view.ts";
import { finiteCountOf, type Profile } from "./profile.ts";
import { rankErrorOf } from "./quantiles.ts";
import { FAMILY_FREQUENT, FAMILY_HLL, FAMILY_KLL, SketchCorruptError, SketchReader } from "./sketch-bytes.ts";

export type SketchFile =
  | { readonly family: "kll_doubles" | "kll_floats"; readonly sketch: KllSketch }
  | { readonly family: "hll"; readonly sketch: HllSketch }
  | { readonly family: "frequent_strings"; readonly sketch: FrequentStrings };

/** Families of DataSketches that we know by number only: named in the refusal. */
const OTHER_FAMILIES: Readonly<Record<number, string>> = {
  3: "theta",
  9: "tuple",
  16: "CPC",
  17: "REQ",
  20: "t-digest",
};

/** Reads a file of any family that we have. @throws {SketchCorruptError} */
export function readSketchFile(bytes: Uint8Array, seed = 1): SketchFile {
  const reader = new SketchReader(bytes, "DataSketches");
  const family = reader.u8(2);
  if (family === FAMILY_HLL) return { family: "hll", sketch: deserializeHll(bytes) };
  if (family === FAMILY_FREQUENT) return { family: "frequent_strings", sketch: deserializeFrequent(bytes) };
  if (family !== FAMILY_KLL) {
    reader.fail(
      `its family is ${OTHER_FAMILIES[family] ?? family}, where KLL, HLL and frequent strings are read`,
    );
  }
  return readKll(bytes, seed);
}

/** The format does not say whether its items are doubles or floats; the length does. */
function readKll(bytes: Uint8Array, seed: number): SketchFile {
  const doubles = tryKll(bytes, "double", seed);
  if (doubles && serializeKll(doubles).length === bytes.length)
    return { family: "kll_doubles", sketch: doubles };
  const floats = tryKll(bytes, "float", seed);
  if (floats && serializeKll(floats).length === bytes.length) return { family: "kll_floats", sketch: floats };
  return { family: "kll_doubles", sketch: doubles ?? deserializeKll(bytes, "double", seed) };
}

function tryKll(bytes: Uint8Array, precision: "double" | "float", seed: number): KllSketch | undefined {
  try {
    return deserializeKll(bytes, precision, seed);
  } catch (error) {
    if (error instanceof SketchCorruptError) return undefined;
    throw error;
  }
}

/** What `lanewatch sketch inspect` prints: facts, and the rows of its table. */
export interface SketchInspection {
  readonly family: SketchFile["family"];
  readonly facts: Readonly<Record<string, number | string | boolean>>;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (number | string)[])[];
}

const RANKS = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];
const ROWS_MAX = 20;

export function inspectSketch(bytes: Uint8Array): SketchInspection {
  const file = readSketchFile(bytes);
  const size = { bytes: bytes.length };
  switch (file.family) {
    case "hll": {
      const { sketch } = file;
      const rows = ([1, 2, 3] as const).map((deviations) => {
        const { lower, upper } = sketch.bounds(deviations);
        return [deviations, lower, upper];
      });
      const facts = {
        ...size,
        lgK: sketch.lgK,
        type: `HLL_${sketch.type}`,
        mode: sketch.mode,
        distinct: sketch.estimate(),
      };
      return { family: file.family, facts, columns: ["deviations", "lower", "upper"], rows };
    }
    case "frequent_strings": {
      const { sketch } = file;
      const facts = {
        ...size,
        lgMapMax: sketch.lgMapMax,
        total: sketch.totalWeight,
        items: sketch.activeCount,
        errorMax: sketch.offset,
      };
      const rows = sketch
        .frequent("no_false_negatives")
        .slice(0, ROWS_MAX)
        .map((row) => [row.item, row.lower, row.upper]);
      return { family: file.family, facts, columns: ["item", "lower", "upper"], rows };
    }
    default: {
      const { sketch } = file;
      const facts = {
        ...size,
        k: sketch.k,
        minK: sketch.minK,
        count: sketch.count,
        retained: sketch.retainedCount,
        exact: !sketch.isEstimating,
        rankError: sketch.isEstimating ? sketch.normalizedRankError() : 0,
        min: sketch.min,
        max: sketch.max,
      };
      const view = sketch.isEmpty ? null : new KllView(sketch);
      return {
        family: file.family,
        facts,
        columns: ["rank", "quantile"],
        rows: view ? RANKS.map((r) => [r, view.quantile(r)]) : [],
      };
    }
  }
}

/** A profile as files that Spark and the DataSketches libraries read; families of which it holds nothing are left out. */
export function profileToSketchFiles(
  profile: Profile,
): { readonly name: string; readonly bytes: Uint8Array }[] {
  const files: { name: string; bytes: Uint8Array }[] = [];
  if (finiteCountOf(profile) > 0)
    files.push({ name: "kll_doubles.sk", bytes: serializeKll(kllOfProfile(profile)) });
  if (profile.stringCount + profile.booleanCount > 0) {
    files.push({ name: "frequent_strings.sk", bytes: serializeFrequent(frequentOfProfile(profile)) });
    files.push({ name: "hll.sk", bytes: serializeHll(hllOfProfile(profile)) });
  }
  return files;
}

export function kllOfProfile(profile: Profile): KllSketch {
  const { k, items, weights, rankVariance } = profile.quantiles;
  const sketch = KllSketch.fromWeighted(items, weights, { k, seed: 1, rankVariance });
  sketch.widen(profile.min, profile.max);
  // The format states its error by the smallest k; ours may be wider than k promises, after merges of smaller ones.
  const error = rankErrorOf({ ...profile.quantiles, rankVariance: sketch.rankVariance }, sketch.count);
  if (error > 0) sketch.minK = Math.max(KLL_K_MIN, Math.min(k, Math.floor((2.296 / error) ** (1 / 0.9723))));
  return sketch;
}

export function frequentOfProfile(profile: Profile): FrequentStrings {
  const { names, counts, errorMax, namesMax } = profile.categories;
  const rows = names.map((name, i): [string, number] => [name, counts[i]!]);
  return FrequentStrings.ofCounts(
    lgMapFor(namesMax),
    rows,
    errorMax,
    profile.stringCount + profile.booleanCount,
  );
}

export function hllOfProfile(profile: Profile): HllSketch {
  const { names, distinct } = profile.categories;
  if (distinct !== null)
    return HllSketch.ofRegisters(distinct.lgK, 8, registersOf(registersOfNames([], distinct.registers)));
  const sketch = new HllSketch(12, 8);
  for (const name of names) sketch.updateString(name);
  return sketch;
}
