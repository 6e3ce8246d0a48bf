/**
 * A feature's profile out of sketch files that were made elsewhere, with the counts that came beside them.
 *
 * Of a quantile sketch alone the nulls are not known, of a distinct count alone the values are not: what was given is
 * said with the profile, so that nothing is concluded from what was not.
 */
import { serializeFrequent } from "./frequent-format.ts";
import { FrequentStrings } from "./frequent-strings.ts";
import type { HllSketch } from "./hll.ts";
import { serializeHll } from "./hll-format.ts";
import { HllUnion } from "./hll-union.ts";
import type { KllSketch } from "./kll.ts";
import { serializeKll } from "./kll-format.ts";
import type { Profile } from "./profile.ts";
import { ProfileRecordError, profileFromRecord } from "./profile-record.ts";
import { readSketchFile } from "./sketch-file.ts";

/** A part of a profile that was given. */
export type ProfilePart = "counts" | "numbers" | "names" | "distinct";

export interface ForeignProfile {
  readonly profile: Profile;
  readonly known: readonly ProfilePart[];
}

/**
 * @param files sketches of one feature; several of one family (parts of a table) are merged.
 * @param counts fields of a profile record (docs/reference/profile-record.md): null_count, present_count, …
 * @throws {SketchCorruptError} for bytes that are no sketch; {ProfileRecordError} for what is empty or contradicts itself.
 */
export function profileFromSketches(
  files: readonly Uint8Array[],
  counts: Readonly<Record<string, unknown>> = {},
): ForeignProfile {
  const record: Record<string, unknown> = { ...counts };
  const read = files.map((bytes) => readSketchFile(bytes));
  const kll = mergedKll(
    read.flatMap((file) =>
      file.family === "kll_doubles" || file.family === "kll_floats" ? [file.sketch] : [],
    ),
  );
  if (kll !== undefined) record[kll.precision === "float" ? "kll_floats" : "kll"] = base64(serializeKll(kll));
  const frequent = mergedFrequent(
    read.flatMap((file) => (file.family === "frequent_strings" ? [file.sketch] : [])),
  );
  if (frequent !== undefined) record["frequent"] = base64(serializeFrequent(frequent));
  const hll = mergedHll(read.flatMap((file) => (file.family === "hll" ? [file.sketch] : [])));
  if (hll !== undefined) record["hll"] = base64(serializeHll(hll));
  return foreignProfile(record);
}

/** @param record one feature's object of a profile record. */
export function foreignProfile(record: Readonly<Record<string, unknown>>): ForeignProfile {
  const profile = profileFromRecord(record);
  const known: ProfilePart[] = [];
  if (given(record, "null_count") || given(record, "present_count")) known.push("counts");
  if (profile.quantiles.items.length > 0) known.push("numbers");
  if (given(record, "frequent") || given(record, "categories")) known.push("names");
  if (given(record, "hll")) known.push("distinct");
  const values = profile.numberCount + profile.stringCount + profile.booleanCount;
  if (values === 0 && profile.presentCount === 0)
    throw new ProfileRecordError(
      given(record, "hll")
        ? "a distinct count says how many different values there are, not how many values; give string_count, or a frequent-strings sketch beside it"
        : "it is empty: a baseline of nothing could not tell any window from another",
    );
  return { profile, known };
}

function mergedKll(sketches: readonly KllSketch[]): KllSketch | undefined {
  // Into doubles where there are any: floats would round them.
  const sorted = [...sketches].sort(
    (a, b) => Number(a.precision === "float") - Number(b.precision === "float"),
  );
  return sorted.reduce<KllSketch | undefined>((all, next) => {
    if (all === undefined) return next;
    all.merge(next);
    return all;
  }, undefined);
}

function mergedFrequent(sketches: readonly FrequentStrings[]): FrequentStrings | undefined {
  if (sketches.length < 2) return sketches[0];
  const all = new FrequentStrings(Math.max(...sketches.map(({ lgMapMax }) => lgMapMax)));
  for (const sketch of sketches) all.merge(sketch);
  return all;
}

function mergedHll(sketches: readonly HllSketch[]): HllSketch | undefined {
  if (sketches.length < 2) return sketches[0];
  const union = new HllUnion(Math.max(...sketches.map(({ lgK }) => lgK)));
  for (const sketch of sketches) union.add(sketch);
  return union.result();
}

function given(record: Readonly<Record<string, unknown>>, field: string): boolean {
  return record[field] !== undefined && record[field] !== null;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
