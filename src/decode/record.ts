/** What a decoder fills in, once per process and reused for every record: no object is made per record. */

/** Feature values, metrics that a pipeline computed itself, or sketches made elsewhere. */
export type RecordKind = "feature" | "metric" | "profile";

/** The flattened field names of a record, in order. Interned: equal lists are the same object, so `===` compares. */
export interface RecordShape {
  readonly id: number;
  readonly kind: RecordKind;
  readonly names: readonly string[];
}

/** JSON type of a value, as stored in {@link DecodedRecord.types}. */
export const VALUE_NULL = 0;
export const VALUE_NUMBER = 1;
export const VALUE_STRING = 2;
export const VALUE_BOOLEAN = 3;

/** Most values in one record, array elements included; beyond it the record is `too_complex`. */
export const VALUES_MAX = 16_384;

export class DecodedRecord {
  kind: RecordKind = "feature";
  /** Epoch milliseconds. */
  eventTimeMs = 0;
  swimlane = "";
  source = "";
  shape: RecordShape = { id: -1, kind: "feature", names: [] };
  /** True when value i belongs to field i for every i: no array was in the record. */
  flat = true;
  valueCount = 0;
  /** Index into `shape.names` of each value. Not filled in when `flat`. */
  readonly fields = new Uint16Array(VALUES_MAX);
  readonly types = new Uint8Array(VALUES_MAX);
  /** The number, or 1 and 0 for true and false. */
  readonly numbers = new Float64Array(VALUES_MAX);
  readonly strings: string[] = new Array<string>(VALUES_MAX).fill("");
  /** For kind "profile": the parsed record, `profiles` still as they came. */
  profileRecord: unknown = undefined;
}
