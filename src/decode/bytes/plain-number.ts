/**
 * Numbers as machines mostly write them, without an exponent, four digits at a time. The same doubles as readNumber
 * (number.ts) gives, which has all others.
 */
import {
  EXACT_DIGITS,
  LOWER_E,
  MINUS,
  NO_NUMBER,
  POINT,
  POWERS,
  scaleExactly,
  scaleLong,
  ZERO,
} from "./number.ts";

/** Bytes behind a number that {@link readPlainNumber} may look at. */
export const NUMBER_LOOKAHEAD = 64;
/** More digits before and behind the point, in words of four, are {@link readNumber}'s. */
const WHOLE_DIGITS_MAX = 12;
const FRACTION_DIGITS_MAX = 32;
const TAIL_DIGITS_MAX = 12;

/**
 * Reads the number at `at` into `into[slot]`, without a look at where the record ends: the caller has made sure that
 * {@link NUMBER_LOOKAHEAD} more bytes can be read, and finds out by what follows whether it ran past the end.
 *
 * @returns where the number ends; {@link NO_NUMBER} when `readNumber` is to look at it.
 */
export function readPlainNumber(view: DataView, at: number, into: Float64Array, slot: number): number {
  let p = at;
  let digits = view.getInt32(p, true) ^ 0x30303030;
  const negative = (digits & 0xff) === (MINUS ^ ZERO);
  if (negative) digits = view.getInt32(++p, true) ^ 0x30303030;
  // JSON has no leading zeros: after one, a digit is no number.
  const startsWithZero = (digits & 0xff) === 0;
  let head = 0;
  let digitCount = 0;
  let others = othersIn(digits);
  // Over words full of digits without waiting for a count: where the next one begins is then known beforehand.
  while (others === 0) {
    if (startsWithZero || digitCount === WHOLE_DIGITS_MAX) return NO_NUMBER;
    head = head * 10_000 + fourOf(digits);
    digitCount += 4;
    p += 4;
    digits = view.getInt32(p, true) ^ 0x30303030;
    others = othersIn(digits);
  }
  let count = countBefore(others);
  if (count > 0) {
    if (startsWithZero && count > 1) return NO_NUMBER;
    head = head * POWERS[count]! + fourOf(digits << ((4 - count) << 3));
    digitCount += count;
    p += count;
  } else if (digitCount === 0) return NO_NUMBER;
  let next = view.getUint8(p);
  let power = 0;
  let tail = 0;
  let tailCount = 0;
  if (next === POINT) {
    const fractionAt = ++p;
    if (head === 0) digitCount = 0;
    digits = view.getInt32(p, true) ^ 0x30303030;
    others = othersIn(digits);
    while (others === 0) {
      if (tailCount === 0 && digitCount + 4 <= EXACT_DIGITS) {
        head = head * 10_000 + fourOf(digits);
        if (head !== 0) digitCount += 4;
      } else {
        if (tailCount === TAIL_DIGITS_MAX) return NO_NUMBER;
        tail = tail * 10_000 + fourOf(digits);
        tailCount += 4;
        digitCount += 4;
      }
      p += 4;
      if (p - fractionAt > FRACTION_DIGITS_MAX) return NO_NUMBER;
      digits = view.getInt32(p, true) ^ 0x30303030;
      others = othersIn(digits);
    }
    count = countBefore(others);
    if (count > 0) {
      const rest = fourOf(digits << ((4 - count) << 3));
      if (tailCount === 0 && digitCount + count <= EXACT_DIGITS) head = head * POWERS[count]! + rest;
      else {
        tail = tail * POWERS[count]! + rest;
        tailCount += count;
        digitCount += count;
      }
      p += count;
    } else if (p === fractionAt) return NO_NUMBER;
    power = fractionAt - p;
    next = view.getUint8(p);
  }
  if ((next | 0x20) === LOWER_E) return NO_NUMBER;
  const value =
    tailCount === 0 ? scaleExactly(head, power) : scaleLong(head, tail, tailCount, digitCount, power);
  if (Number.isNaN(value)) return NO_NUMBER;
  into[slot] = negative ? -value : value;
  return p;
}

/**
 * The bytes of a word that are no digits, as bits in their upper halves: exact for the lowest such byte, which is what counts.
 * @param digits the word, each byte less "0" by exclusive or.
 */
function othersIn(digits: number): number {
  return ((digits + 0x06060606) | digits) & 0xf0f0f0f0;
}

/** Bytes below the lowest bit. */
function countBefore(others: number): number {
  return (31 - Math.clz32(others & -others)) >> 3;
}

/** The number that four digits write, the first in the lowest byte. */
function fourOf(digits: number): number {
  const pairs = Math.imul(digits, 10) + (digits >>> 8);
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
}
