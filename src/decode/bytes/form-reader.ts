/**
 * A function made for one form of record: what lies between the values is compared with constants, and the values are
 * read one after the other without looking anything up. Half the time of the walk through the tree (form-tree.ts),
 * whose answers it gives or none.
 *
 * The text of the function holds numbers alone (lengths, places, and the form's bytes as integers): nothing of a record
 * is ever run. Where a process may not make functions of text, the tree does it all.
 */
import { EPOCH_MS_MAX, MS_PER, type TimeUnit } from "../event-time.ts";
import { NUMBER_MAX } from "../flatten.ts";
import { type DecodedRecord, VALUE_BOOLEAN, VALUE_NULL, VALUE_NUMBER, VALUE_STRING } from "../record.ts";
import { type Stretch, UNCOUNTED_SLOT } from "./form-tree.ts";
import { LOWER_E, NO_NUMBER, POINT, POWERS, readNumber, ZERO } from "./number.ts";
import { NUMBER_LOOKAHEAD, readPlainNumber } from "./plain-number.ts";
import { type ShortTexts, TEXT_LOOKAHEAD } from "./short-texts.ts";
import type { TimeTexts } from "./time.ts";

/** @returns false, with the record half filled, when the record is not of this form, or has to be looked at otherwise. */
export type FormReader = (
  bytes: Buffer,
  view: DataView,
  start: number,
  end: number,
  record: DecodedRecord,
) => boolean;

export interface FormReaderParts {
  readonly texts: ShortTexts;
  readonly times: TimeTexts;
  readonly timeUnit: TimeUnit;
  /** Filled in by number of capture. */
  readonly captured: (string | undefined)[];
}

/** "true", "fals", "null" as little-endian words. */
const WORD_TRUE = 0x65757274;
const WORD_FALS = 0x736c6166;
const WORD_NULL = 0x6c6c756e;
const COMMA = 0x2c;
const BRACE = 0x7d;

/**
 * @param path the stretches of the form, the last of which ends it.
 * @returns undefined for a form with a value that no short code reads, and where functions may not be made.
 */
export function makeFormReader(path: readonly Stretch[], parts: FormReaderParts): FormReader | undefined {
  const code = path.map((stretch) => stretchCode(stretch, parts.timeUnit));
  if (code.includes(undefined)) return undefined;
  const longest = Math.max(...path.map(({ length }) => length));
  const text = `"use strict";
const { texts, times, captured, powers, readNumber, readWord } = parts;
return (bytes, view, start, end, record) => {
  if (end + ${longest + NUMBER_LOOKAHEAD + TEXT_LOOKAHEAD} > view.byteLength) return false;
  const { types, numbers, strings } = record;
  let at = start;
  let after = 0;
  let first = 0;
  let word = 0;
  let others = 0;
  let count = 0;
  let next = 0;
  let whole = 0;
  let text = "";
  let timeMs = 0;
${code.join("\n")}
  return at === end;
};`;
  try {
    const make = new Function("parts", text) as (parts: object) => FormReader;
    return make({ ...parts, powers: POWERS, readNumber: readAnyNumber, readWord });
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** Compares the form's bytes, then reads the value behind them. */
function stretchCode(stretch: Stretch, timeUnit: TimeUnit): string | undefined {
  const differs = bytesDiffer(stretch);
  const compare = `  if (${differs}) return false;\n  at += ${stretch.length};`;
  if (stretch.ending !== undefined) return compare;
  const value = stretch.isNamed ? namedCode(stretch, timeUnit) : valueCode(stretch.slot);
  // The next comparison then starts within the record, so that no read goes further than was made sure of.
  return value && `${compare}\n${value}\n  if (at > end) return false;`;
}

function bytesDiffer({ words, bytes, length }: Stretch): string {
  if (words.length === 0)
    return Array.from(bytes, (byte, i) => `view.getUint8(at + ${i}) !== ${byte}`).join(" || ") || "false";
  return Array.from(
    words,
    (word, i) => `view.getInt32(at + ${Math.min(4 * i, length - 4)}, true) !== ${word}`,
  ).join(" || ");
}

function valueCode(slot: number): string {
  return `  word = view.getInt32(at, true);
  first = word & 255;
  if (first === 34) {
    text = texts.read(bytes, view, at + 1, end);
    if (text === undefined) return false;
    at = texts.end;
    types[${slot}] = ${VALUE_STRING};
    strings[${slot}] = text;
  } else if (first <= 57) {
${numberCode(slot)}
    types[${slot}] = ${VALUE_NUMBER};
  } else {
    at = readWord(view, at, types, numbers, ${slot});
    if (at < 0) return false;
  }`;
}

/**
 * Up to three digits, or up to three on either side of a point, before a comma or a brace: these are read where they
 * stand, so that the processor learns for each field how its numbers are written. All others by a call. Which bytes are
 * digits and what they are worth is told as in plain-number.ts.
 */
function numberCode(slot: number): string {
  const digits = `
      others = ((word + 0x06060606) | word) & 0xf0f0f0f0;
      count = (31 - Math.clz32(others & -others)) >> 3;
      next = (word >>> (count << 3)) & 255;`;
  const value = `
        word <<= (4 - count) << 3;
        word = Math.imul(word, 10) + (word >>> 8);`;
  const four = "(word & 255) * 100 + ((word >>> 16) & 255)";
  const comma = COMMA ^ ZERO;
  const brace = BRACE ^ ZERO;
  const point = POINT ^ ZERO;
  return `    plain: {
      word ^= 0x30303030;${digits}
      if (count === 1 || (count > 1 && first !== 48)) {${value}
        whole = ${four};
        if (next === ${comma} || next === ${brace}) {
          numbers[${slot}] = whole;
          at += count;
          break plain;
        }
        if (next === ${point}) {
          after = at + count + 1;
          word = view.getInt32(after, true) ^ 0x30303030;${digits}
          if (count > 0 && (next === ${comma} || next === ${brace})) {${value}
            numbers[${slot}] = (whole * powers[count] + ${four}) / powers[count];
            at = after + count;
            break plain;
          }
        }
      }
      at = readNumber(view, at, end, numbers, ${slot});
      if (at < 0) return false;
    }`;
}

/** A value that is the time, or part of a name: only as what it mostly is, a number or text, and a text. */
function namedCode({ slot, isTime, capture }: Stretch, timeUnit: TimeUnit): string | undefined {
  if (isTime && capture >= 0) return undefined;
  if (isTime) return timeCode(slot, timeUnit);
  return `  if (view.getUint8(at) !== 34) return false;
  text = texts.read(bytes, view, at + 1, end);
  if (text === undefined || text === "") return false;
  at = texts.end;
  captured[${capture}] = text;
  types[${slot}] = ${VALUE_STRING};
  strings[${slot}] = text;`;
}

function timeCode(slot: number, timeUnit: TimeUnit): string {
  const asText = `
    timeMs = times.read(bytes, at + 1, end);
    if (timeMs !== timeMs) return false;
    at = times.end;`;
  return `  if (view.getUint8(at) === 34) {${slot === UNCOUNTED_SLOT ? asText : "return false;"}
  } else {
    at = readNumber(view, at, end, numbers, ${slot});
    if (at < 0) return false;
    types[${slot}] = ${VALUE_NUMBER};
    timeMs = Math.floor(numbers[${slot}] * ${MS_PER[timeUnit]});
    if (!(Math.abs(timeMs) <= ${EPOCH_MS_MAX})) return false;
  }
  record.eventTimeMs = timeMs;`;
}

function readAnyNumber(view: DataView, at: number, end: number, into: Float64Array, slot: number): number {
  const next = readPlainNumber(view, at, into, slot);
  if (next !== NO_NUMBER) return next;
  const after = readNumber(view, at, end, into, slot);
  return after === NO_NUMBER || Math.abs(into[slot]!) > NUMBER_MAX ? NO_NUMBER : after;
}

/** true, false, null. @returns where it ends, {@link NO_NUMBER} for anything else. */
function readWord(
  view: DataView,
  at: number,
  types: Uint8Array,
  numbers: Float64Array,
  slot: number,
): number {
  const word = view.getInt32(at, true);
  if (word === WORD_NULL) {
    types[slot] = VALUE_NULL;
    return at + 4;
  }
  const isTrue = word === WORD_TRUE;
  if (!isTrue && (word !== WORD_FALS || view.getUint8(at + 4) !== LOWER_E)) return NO_NUMBER;
  types[slot] = VALUE_BOOLEAN;
  numbers[slot] = isTrue ? 1 : 0;
  return isTrue ? at + 4 : at + 5;
}
