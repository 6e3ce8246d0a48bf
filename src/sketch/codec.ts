/**
 * A profile as plain columns: what SQL reads, and back. Lists are DOUBLE[] (eight times faster through the client
 * than base64 text, and readable). QuestDB keeps NaN as NULL and may return an empty list as NULL; the codec
 * returns from both.
 */
import { invariant } from "../base/errors.ts";
import { distinctCountOf } from "./distinct.ts";
import type { Profile } from "./profile.ts";
import { finiteCountOf } from "./profile.ts";
import { quantileOf } from "./quantile-of.ts";
import { rankErrorOf } from "./quantiles.ts";
import { packRegisters, unpackRegisters } from "./register-columns.ts";
import { onesOf, sharedName } from "./shared-lists.ts";

export type ColumnValue = number | string | Float64Array | null;
type ColumnType = "long" | "double" | "double[]" | "varchar";

export interface ProfileColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly doc: string;
}

interface Codec extends ProfileColumn {
  readonly read: (profile: Profile) => ColumnValue;
}

const COLUMNS: readonly Codec[] = [
  long("present_count", "Records that had the feature, null included.", (p) => p.presentCount),
  long("null_count", "Records in which it was null.", (p) => p.nullCount),
  long("null_element_count", "Null elements of arrays.", (p) => p.nullElementCount),
  long("number_count", "Numbers; elements of arrays count one each.", (p) => p.numberCount),
  long("string_count", "Strings.", (p) => p.stringCount),
  long("boolean_count", "Booleans.", (p) => p.booleanCount),
  long("nan_count", "Numbers that were NaN.", (p) => p.nanCount),
  long("positive_infinity_count", "Numbers that were +Infinity.", (p) => p.positiveInfinityCount),
  long("negative_infinity_count", "Numbers that were -Infinity.", (p) => p.negativeInfinityCount),
  long("zero_count", "Numbers that were 0.", (p) => p.zeroCount),
  long("empty_count", "Strings that were empty.", (p) => p.emptyCount),
  double("min", "Smallest finite number; null when there were none.", (p) => p.min),
  double("max", "Largest finite number.", (p) => p.max),
  double("mean", "Mean of the finite numbers.", (p) => p.mean),
  double("m2", "Sum of squared distances to the mean.", (p) => p.m2),
  double("m3", "Sum of cubed distances to the mean.", (p) => p.m3),
  double("m4", "Sum of fourth powers of the distances to the mean.", (p) => p.m4),
  double("stddev", "Population standard deviation; derived from m2.", (p) =>
    Math.sqrt(p.m2 / finiteCountOf(p)),
  ),
  ...[5, 25, 50, 75, 95, 99].map((percent) =>
    double(
      `p${String(percent).padStart(2, "0")}`,
      `The ${percent}% quantile of the finite numbers; derived from the sketch.`,
      (p) => quantileOf(p, percent / 100),
    ),
  ),
  long(
    "kll_k",
    "Size of the quantile sketch: up to so many distinct numbers it is exact.",
    (p) => p.quantiles.k,
  ),
  list(
    "kll_items",
    "Quantile sketch: numbers that occurred, ascending, each once.",
    (p) => p.quantiles.items,
  ),
  list("kll_weights", "How many numbers each item of kll_items stands for; null when one each.", (p) =>
    p.quantiles.weights.every((weight) => weight === 1) ? null : p.quantiles.weights,
  ),
  double(
    "kll_rank_variance",
    "Variance of a rank in the sketch, in numbers squared; 0 = exact.",
    (p) => p.quantiles.rankVariance,
  ),
  double("rank_error", "Most that a rank may be off, as a share; 0 = exact. Derived.", (p) =>
    rankErrorOf(p.quantiles, finiteCountOf(p)),
  ),
  varchar(
    "category_names",
    "JSON list of the most frequent strings (booleans as true, false), most frequent first.",
    (p) => (p.categories.names.length === 0 ? null : JSON.stringify(p.categories.names)),
  ),
  list(
    "category_counts",
    "Records by category, in the order of category_names; too low by at most category_error.",
    (p) => p.categories.counts,
  ),
  long(
    "category_error",
    "Most that a count in category_counts may be too low; 0 = exact.",
    (p) => p.categories.errorMax,
  ),
  long("category_max", "Most categories kept.", (p) => p.categories.namesMax),
  double(
    "distinct_count",
    "Distinct strings and booleans; an estimate once category_error is above 0. Derived.",
    (p) => distinctCountOf(p),
  ),
  list(
    "hll_registers",
    "HyperLogLog of all categories once not all are kept: 8 registers of 6 bits in each number, lowest first.",
    (p) => (p.categories.distinct === null ? null : packRegisters(p.categories.distinct.registers)),
  ),
  list(
    "histogram_edges",
    "Frozen edges of a reference's bins; null without one.",
    (p) => p.histogram?.edges ?? null,
  ),
  list(
    "histogram_counts",
    "Exact counts by bin, in the order that docs/reference explains.",
    (p) => p.histogram?.counts ?? null,
  ),
];

/** The columns of a profile, in the order of {@link encodeProfile}. */
export const PROFILE_COLUMNS: readonly ProfileColumn[] = COLUMNS.map(({ name, type, doc }) => ({
  name,
  type,
  doc,
}));

const INDEX = new Map(COLUMNS.map((column, i) => [column.name, i]));

/** One value for each of {@link PROFILE_COLUMNS}. Lists may be shared with the profile: copy, do not change. */
export function encodeProfile(profile: Profile): ColumnValue[] {
  return COLUMNS.map((column) => {
    const value = column.read(profile);
    if (typeof value === "number" && !Number.isFinite(value)) return null;
    if (value instanceof Float64Array && value.length === 0) return null;
    return value;
  });
}

/** The inverse of {@link encodeProfile}, also when null came back for an empty list. */
export function decodeProfile(values: readonly ColumnValue[]): Profile {
  invariant(
    values.length === COLUMNS.length,
    `a profile has ${COLUMNS.length} columns, not ${values.length}`,
  );
  const at = (name: string) => values[INDEX.get(name)!] ?? null;
  const count = (name: string) => Number(at(name) ?? 0);
  const number = (name: string) => (at(name) === null ? Number.NaN : Number(at(name)));
  const numbers = (name: string) => listOf(at(name));
  const items = numbers("kll_items");
  const registers = numbers("hll_registers");
  const edges = numbers("histogram_edges");
  return {
    presentCount: count("present_count"),
    nullCount: count("null_count"),
    nullElementCount: count("null_element_count"),
    numberCount: count("number_count"),
    stringCount: count("string_count"),
    booleanCount: count("boolean_count"),
    nonFiniteCount: count("nan_count") + count("positive_infinity_count") + count("negative_infinity_count"),
    nanCount: count("nan_count"),
    positiveInfinityCount: count("positive_infinity_count"),
    negativeInfinityCount: count("negative_infinity_count"),
    zeroCount: count("zero_count"),
    emptyCount: count("empty_count"),
    min: number("min"),
    max: number("max"),
    mean: number("mean"),
    m2: number("m2"),
    m3: number("m3"),
    m4: number("m4"),
    quantiles: {
      k: count("kll_k"),
      items,
      weights: at("kll_weights") === null ? onesOf(items.length) : numbers("kll_weights"),
      rankVariance: count("kll_rank_variance"),
    },
    categories: {
      namesMax: count("category_max"),
      names:
        at("category_names") === null
          ? []
          : (JSON.parse(String(at("category_names"))) as string[]).map(sharedName),
      counts: numbers("category_counts"),
      errorMax: count("category_error"),
      distinct: registers.length === 0 ? null : unpackRegisters(registers),
    },
    histogram: edges.length === 0 ? null : { edges, counts: numbers("histogram_counts") },
  };
}

function listOf(value: ColumnValue): Float64Array {
  if (value instanceof Float64Array) return value;
  return value === null ? new Float64Array(0) : Float64Array.from(value as unknown as ArrayLike<number>);
}

function long(name: string, doc: string, read: Codec["read"]): Codec {
  return { name, type: "long", doc, read };
}

function double(name: string, doc: string, read: Codec["read"]): Codec {
  return { name, type: "double", doc, read };
}

function list(name: string, doc: string, read: Codec["read"]): Codec {
  return { name, type: "double[]", doc, read };
}

function varchar(name: string, doc: string, read: Codec["read"]): Codec {
  return { name, type: "varchar", doc, read };
}
