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
}
