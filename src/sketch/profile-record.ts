/**
 * Profile records: profiles computed elsewhere (Spark, the DataSketches libraries) and sent as JSON, for data that no
 * one wants to send row by row. One object for each feature:
 *
 *   present_count, null_count, number_count, string_count, boolean_count, nan_count, positive_infinity_count,
 *   negative_infinity_count, zero_count, empty_count     whole numbers; what is left out is derived, or 0
 *   mean, and variance, skewness, kurtosis (population; excess) or m2, m3, m4     left out: from the sketch
 *   kll, kll_floats      base64 of a KLL sketch of the finite numbers
 *   frequent             base64 of a frequent-strings sketch, or: categories {name: count} and category_error
 *   hll                  base64 of an HLL sketch of the strings
 *
 * What contradicts itself is refused: a count that the sketch beside it does not have would be a lie in every verdict.
 */
import { OperationalError } from "../base/errors.ts";
import { categoryName, summaryOfCounts } from "./categories.ts";
import { registersOfNames, registersOfSketch } from "./distinct.ts";
import { deserializeFrequent, serializeFrequent } from "./frequent-format.ts";
import type { HllSketch } from "./hll.ts";
import { deserializeHll, serializeHll } from "./hll-format.ts";
import type { KllSketch } from "./kll.ts";
import { deserializeKll, serializeKll } from "./kll-format.ts";
import type { CategorySummary, Profile } from "./profile.ts";
import { CATEGORIES_MAX_DEFAULT, DISTINCT_LG_K, finiteCountOf, KLL_K_DEFAULT } from "./profile.ts";
import { summaryOfSketch } from "./quantiles.ts";
import { frequentOfProfile, hllOfProfile, kllOfProfile } from "./sketch-file.ts";

/** A profile record that cannot be believed. The record is counted as undecodable, never folded in part. */
export class ProfileRecordError extends OperationalError {
  override readonly name = "ProfileRecordError";

  constructor(problem: string, cause?: unknown) {
    super(
      `Not a profile: ${problem}. Nothing of it was counted; compare it with docs/reference of profile records.`,
      {
        code: "PROFILE_RECORD_INVALID",
        retryable: false,
        context: { problem },
        cause,
      },
    );
  }
}

const COUNT_FIELDS = [
  "present_count",
  "null_count",
  "null_element_count",
  "number_count",
  "string_count",
  "boolean_count",
  "nan_count",
  "positive_infinity_count",
  "negative_infinity_count",
  "zero_count",
  "empty_count",
] as const;
type CountField = (typeof COUNT_FIELDS)[number];

/**
 * @param json one feature's object of a profile record, as parsed.
 * @throws {ProfileRecordError} if it is not one, or contradicts itself.
 */
export function profileFromRecord(json: unknown): Profile {
  if (json === null || typeof json !== "object" || Array.isArray(json))
    throw new ProfileRecordError("it is no object");
  const record = json as Readonly<Record<string, unknown>>;
  const given = readCounts(record);
  const kll = readKll(record);
  const names = readCategories(record);
  const nonFiniteCount =
    given("nan_count", 0) + given("positive_infinity_count", 0) + given("negative_infinity_count", 0);
  const numberCount = given("number_count", (kll?.count ?? 0) + nonFiniteCount);
  const booleanCount = given("boolean_count", 0);
  const stringCount = given("string_count", names.total - Math.min(booleanCount, names.total));
  const nullCount = given("null_count", 0);
  const presentCount = given("present_count", nullCount + numberCount + stringCount + booleanCount);
  require_(nullCount <= presentCount, `null_count ${nullCount} is more than present_count ${presentCount}`);
  require_(
    (kll?.count ?? 0) === numberCount - nonFiniteCount,
    `its KLL sketch has ${kll?.count ?? 0} numbers, and its counts say ${numberCount - nonFiniteCount} finite ones`,
  );
  require_(
    names.total <= stringCount + booleanCount,
    `its categories weigh ${names.total}, and its counts say ${stringCount + booleanCount} strings and booleans`,
  );
  return {
    presentCount,
    nullCount,
    nullElementCount: given("null_element_count", 0),
    numberCount,
    stringCount,
    booleanCount,
    nonFiniteCount,
    nanCount: given("nan_count", 0),
    positiveInfinityCount: given("positive_infinity_count", 0),
    negativeInfinityCount: given("negative_infinity_count", 0),
    zeroCount: given("zero_count", kll ? weightOfZero(kll) : 0),
    emptyCount: given("empty_count", names.counts.get("") ?? 0),
    min: kll?.min ?? Number.NaN,
    max: kll?.max ?? Number.NaN,
    ...readMoments(record, kll),
    quantiles: kll
      ? summaryOfSketch(kll)
      : { k: KLL_K_DEFAULT, items: new Float64Array(0), weights: new Float64Array(0), rankVariance: 0 },
    categories: categoriesOf(names, stringCount + booleanCount, readSketch(record, "hll", deserializeHll)),
    histogram: null,
  };
}

/** The inverse of {@link profileFromRecord}: what an export, or another Lanewatch, sends. */
export function profileToRecord(profile: Profile): Record<string, unknown> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const textCount = profile.stringCount + profile.booleanCount;
  return {
    present_count: profile.presentCount,
    null_count: profile.nullCount,
    null_element_count: profile.nullElementCount,
    number_count: profile.numberCount,
    string_count: profile.stringCount,
    boolean_count: profile.booleanCount,
    nan_count: profile.nanCount,
    positive_infinity_count: profile.positiveInfinityCount,
    negative_infinity_count: profile.negativeInfinityCount,
    zero_count: profile.zeroCount,
    empty_count: profile.emptyCount,
    ...(finiteCountOf(profile) > 0 && {
      mean: profile.mean,
      m2: profile.m2,
      m3: profile.m3,
      m4: profile.m4,
      kll: base64(serializeKll(kllOfProfile(profile))),
    }),
    ...(textCount > 0 && {
      frequent: base64(serializeFrequent(frequentOfProfile(profile))),
      hll: base64(serializeHll(hllOfProfile(profile))),
    }),
  };
}

function require_(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new ProfileRecordError(problem);
}

function readCounts(
  record: Readonly<Record<string, unknown>>,
): (field: CountField, otherwise: number) => number {
  for (const field of COUNT_FIELDS) {
    const value = record[field];
    const whole = Number.isSafeInteger(value) && (value as number) >= 0;
    require_(
      value === undefined || value === null || whole,
      `${field} is no whole number: ${String(value).slice(0, 40)}`,
    );
  }
  return (field, otherwise) => (record[field] as number | null | undefined) ?? otherwise;
}

function readSketch<S>(
  record: Readonly<Record<string, unknown>>,
  field: string,
  read: (bytes: Uint8Array) => S,
): S | null {
  const text = record[field];
  if (text === undefined || text === null) return null;
  require_(typeof text === "string" && /^[A-Za-z0-9+/_-]*={0,2}$/.test(text), `${field} is no base64`);
  try {
    return read(new Uint8Array(Buffer.from(text as string, "base64")));
  } catch (error) {
    if (error instanceof OperationalError) throw new ProfileRecordError(`${field} cannot be read`, error);
    throw error;
  }
}

function readKll(record: Readonly<Record<string, unknown>>): KllSketch | null {
  const doubles = readSketch(record, "kll", (bytes) => deserializeKll(bytes, "double", 1));
  const floats = readSketch(record, "kll_floats", (bytes) => deserializeKll(bytes, "float", 1));
  require_(doubles === null || floats === null, "it has both kll and kll_floats");
  const sketch = doubles ?? floats;
  if (sketch === null || sketch.isEmpty) return null;
  require_(
    Number.isFinite(sketch.min) && Number.isFinite(sketch.max),
    "its KLL sketch holds an infinity; count those apart",
  );
  return sketch;
}

interface Names {
  readonly counts: Map<string, number>;
  readonly errorMax: number;
  /** Weight of all names, also of those that were dropped. */
  readonly total: number;
}

function readCategories(record: Readonly<Record<string, unknown>>): Names {
  const frequent = readSketch(record, "frequent", deserializeFrequent);
  const listed = record["categories"];
  const counts = new Map<string, number>();
  const add = (name: string, count: number) => {
    const short = categoryName(name);
    counts.set(short, (counts.get(short) ?? 0) + count);
  };
  if (frequent !== null) {
    for (const [name, count] of frequent.entries()) add(name, count);
    return { counts, errorMax: frequent.offset, total: frequent.totalWeight };
  }
  if (listed === undefined || listed === null) return { counts, errorMax: 0, total: 0 };
  require_(typeof listed === "object" && !Array.isArray(listed), "categories is no object of counts");
  for (const [name, count] of Object.entries(listed as object)) {
    require_(
      Number.isSafeInteger(count) && (count as number) > 0,
      `the count of category "${name.slice(0, 40)}" is ${count}`,
    );
    add(name, count as number);
  }
  const errorMax = (record["category_error"] as number | undefined) ?? 0;
  require_(Number.isSafeInteger(errorMax) && errorMax >= 0, `category_error is ${errorMax}`);
  return { counts, errorMax, total: [...counts.values()].reduce((sum, n) => sum + n, 0) };
}

function categoriesOf(names: Names, textCount: number, hll: HllSketch | null): CategorySummary {
  const listedCount = [...names.counts.values()].reduce((sum, n) => sum + n, 0);
  // Strings that no list accounts for may all have been one and the same name.
  const errorMax = names.errorMax > 0 ? names.errorMax : textCount - listedCount;
  return summaryOfCounts(names.counts, CATEGORIES_MAX_DEFAULT, errorMax, () =>
    hll === null
      ? { lgK: DISTINCT_LG_K, registers: registersOfNames(names.counts.keys()) }
      : registersOfSketch(hll),
  );
}

function weightOfZero(sketch: KllSketch): number {
  return sketch
    .levels()
    .reduce((sum, { items, weight }) => sum + weight * items.filter((v) => v === 0).length, 0);
}

/** Moments as given, else as the sketch's items have them. */
function readMoments(
  record: Readonly<Record<string, unknown>>,
  kll: KllSketch | null,
): Pick<Profile, "mean" | "m2" | "m3" | "m4"> {
  if (kll === null) return { mean: Number.NaN, m2: Number.NaN, m3: Number.NaN, m4: Number.NaN };
  const number = (field: string) =>
    typeof record[field] === "number" ? (record[field] as number) : undefined;
  const n = kll.count;
  const sampled = momentsOfSample(kll);
  const mean = number("mean") ?? sampled.mean;
  const variance = number("variance");
  const m2 = number("m2") ?? (variance === undefined ? sampled.m2 : variance * n);
  const skewness = number("skewness");
  const kurtosis = number("kurtosis");
  const m3 = number("m3") ?? (skewness === undefined ? sampled.m3 : skewness * (m2 / n) ** 1.5 * n);
  const m4 = number("m4") ?? (kurtosis === undefined ? sampled.m4 : (kurtosis + 3) * (m2 / n) ** 2 * n);
  require_(mean >= kll.min && mean <= kll.max, `its mean ${mean} lies outside [${kll.min}, ${kll.max}]`);
  require_(m2 >= 0 && m4 >= 0, "an even moment is negative");
  return { mean, m2, m3, m4 };
}

function momentsOfSample(kll: KllSketch): { mean: number; m2: number; m3: number; m4: number } {
  const { items, weights } = summaryOfSketch(kll);
  const total = (f: (v: number) => number) => items.reduce((sum, v, i) => sum + weights[i]! * f(v), 0);
  const mean = Math.min(kll.max, Math.max(kll.min, total((v) => v) / kll.count));
  return {
    mean,
    m2: total((v) => (v - mean) ** 2),
    m3: total((v) => (v - mean) ** 3),
    m4: total((v) => (v - mean) ** 4),
  };
}
