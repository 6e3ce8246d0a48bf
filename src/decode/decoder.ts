import type { RecordOutcome } from "./outcome.ts";
import type { DecodedRecord } from "./record.ts";

/** Turns the bytes of one record into values. Never throws on bad data: that is an outcome. */
export interface Decoder {
  /**
   * @param bytes holds the record at `[start, end)`; only valid during the call.
   * @param record filled in when the answer is "ok".
   * @returns "ok", or why the record cannot be counted as data.
   */
  decode(bytes: Buffer, start: number, end: number, record: DecodedRecord): RecordOutcome;
  /** What exactly was wrong with the last record that was not "ok", for the dead letter. */
  readonly detail: string;
  /** How it went, for decoders that have a quick path. */
  readonly work?: DecoderWork;
}

/** Counts since the process began, but for `forms`, `formReaders` and `texts`, which are what is known now. */
export interface DecoderWork {
  /** Records that were read in place, by a form that was known. */
  readonly recordsRead: number;
  /** Records that were parsed. */
  readonly recordsParsed: number;
  /** Stretches of form that are known; at most {@link STRETCHES_MAX} (bytes/form-tree.ts). */
  readonly forms: number;
  /** Forms that have a function of their own; at most {@link FORM_READERS_MAX} (bytes/favourite-form.ts). */
  readonly formReaders: number;
  /** Strings that are known; at most {@link TEXTS_MAX} (bytes/texts.ts). */
  readonly texts: number;
}
