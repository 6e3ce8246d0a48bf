/** Event times that are ISO 8601 texts, read in place where they are written as machines write them. */
import { readEventTimeMs, type TimeUnit } from "../event-time.ts";

const QUOTE = 0x22;
const POINT = 0x2e;
const ZERO = 0x30;
const UPPER_Z = 0x5a;
/** "2026-11-23T12:34:" */
const MINUTE_LENGTH = 17;

/**
 * Remembers the minute of the last time: of the next, only the seconds are read if its minute is the same. Every other
 * text goes through {@link readEventTimeMs}.
 */
export class TimeTexts {
  readonly #unit: TimeUnit;
  readonly #minute = new Uint8Array(MINUTE_LENGTH);
  #minuteMs = Number.NaN;
  /** One past the closing quote of the time read last. */
  end = 0;

  constructor(unit: TimeUnit) {
    this.#unit = unit;
  }

  /**
   * @param at the first byte behind the opening quote.
   * @returns epoch milliseconds; NaN when it is no time, or has an escape or no end before `recordEnd`.
   */
  read(bytes: Buffer, at: number, recordEnd: number): number {
    if (this.#isSameMinute(bytes, at, recordEnd)) {
      const ms = this.#readSeconds(bytes, at + MINUTE_LENGTH);
      if (!Number.isNaN(ms)) return this.#minuteMs + ms;
    }
    return this.#readWhole(bytes, at, recordEnd);
  }

  #isSameMinute(bytes: Buffer, at: number, recordEnd: number): boolean {
    // "SS.mmmZ" and the quote are to fit as well.
    if (Number.isNaN(this.#minuteMs) || at + MINUTE_LENGTH + 8 > recordEnd) return false;
    for (let i = MINUTE_LENGTH - 1; i >= 0; i--) if (bytes[at + i] !== this.#minute[i]) return false;
    return true;
  }

  /** Milliseconds of "SSZ" or "SS.mmmZ" and a quote; NaN for anything else. */
  #readSeconds(bytes: Buffer, at: number): number {
    const tens = bytes[at]! - ZERO;
    const ones = bytes[at + 1]! - ZERO;
    if (!isDigit(tens) || tens > 5 || !isDigit(ones)) return Number.NaN;
    const ms = (tens * 10 + ones) * 1_000;
    if (bytes[at + 2] === UPPER_Z && bytes[at + 3] === QUOTE) {
      this.end = at + 4;
      return ms;
    }
    if (bytes[at + 2] !== POINT || bytes[at + 6] !== UPPER_Z || bytes[at + 7] !== QUOTE) return Number.NaN;
    const hundreds = bytes[at + 3]! - ZERO;
    const teens = bytes[at + 4]! - ZERO;
    const last = bytes[at + 5]! - ZERO;
    if (!isDigit(hundreds) || !isDigit(teens) || !isDigit(last)) return Number.NaN;
    this.end = at + 8;
    return ms + hundreds * 100 + teens * 10 + last;
  }

  #readWhole(bytes: Buffer, at: number, recordEnd: number): number {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0 || quote >= recordEnd) return Number.NaN;
    this.end = quote + 1;
    // A text with an escape or a control character is no time either, so it gives NaN.
    const text = bytes.toString("latin1", at, quote);
    const timeMs = readEventTimeMs(text, this.#unit);
    if (!Number.isNaN(timeMs) && ISO_MINUTE.test(text)) {
      const minute = text.slice(0, MINUTE_LENGTH);
      this.#minuteMs = readEventTimeMs(`${minute}00Z`, this.#unit);
      this.#minute.set(bytes.subarray(at, at + MINUTE_LENGTH));
    }
    return timeMs;
  }
}

const ISO_MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:/;

function isDigit(value: number): boolean {
  return value >= 0 && value <= 9;
}
