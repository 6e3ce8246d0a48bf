/**
 * Numbers of JSON, read in place and exactly: the double that comes out has the bits that `JSON.parse` would give.
 *
 * Up to 15 digits the digits are an exact double, and one division or multiplication by an exact power of ten rounds
 * once (Clinger 1990, "How to read floating point numbers accurately", PLDI). With 16 to 21 digits they are held as the
 * sum of two doubles; the quotient is corrected by its exact remainder (Dekker 1971, Numerische Mathematik 18) and
 * taken only where every value within the correction's own rounding gives the same double. All else is left to `Number`.
 */

export const MINUS = 0x2d;
const PLUS = 0x2b;
export const POINT = 0x2e;
export const ZERO = 0x30;
export const LOWER_E = 0x65;

/** Digits that a double holds exactly whatever they are. */
export const EXACT_DIGITS = 15;
const DIGITS_MAX = 21;
/** 10^22 is the last power of ten that is a double. */
const POWER_MAX = 22;
export const POWERS = Float64Array.from({ length: POWER_MAX + 1 }, (_, i) => Number(`1e${i}`));
/** 2^27 + 1 splits a double into two halves of 26 bits (Dekker). */
const SPLITTER = 134_217_729;
/** Wider than all rounding in the correction together, which is some 2^-51 of it. */
const CORRECTION_ERROR = 2 ** -48;

/** What is returned where no number stands. */
export const NO_NUMBER = -1;

/**
 * Reads the number at `at` into `into[slot]`: there, and not as what is returned, because a function that returns a
 * double allocates it.
 *
 * @param view of the bytes' own buffer, so that four digits are read at once.
 * @param end where the record ends; what lies behind is not looked at.
 * @returns where the number ends, {@link NO_NUMBER} when none that JSON knows stands there. What follows it is the
 *   caller's to check.
 */
export function readNumber(
  view: DataView,
  at: number,
  end: number,
  into: Float64Array,
  slot: number,
): number {
  let p = at;
  const negative = p < end && view.getUint8(p) === MINUS;
  if (negative) p++;
  if (p >= end) return NO_NUMBER;
  let digit = view.getUint8(p) - ZERO;
  if (digit < 0 || digit > 9) return NO_NUMBER;
  p++;
  let head = digit;
  let digitCount = digit === 0 ? 0 : 1;
  let tail = 0;
  let tailCount = 0;
  // Whole part. JSON has no leading zeros: after one, a digit is no number.
  while (p < end) {
    digit = view.getUint8(p) - ZERO;
    if (digit < 0 || digit > 9) break;
    if (head === 0) return NO_NUMBER;
    p++;
    if (digitCount < EXACT_DIGITS) head = head * 10 + digit;
    else {
      tail = tail * 10 + digit;
      tailCount++;
    }
    digitCount++;
  }
  let power = 0;
  if (p < end && digit === POINT - ZERO) {
    const fractionAt = ++p;
    while (p + 4 <= end) {
      const digits = view.getInt32(p, true) ^ 0x30303030;
      if ((((digits + 0x06060606) | digits) & 0xf0f0f0f0) !== 0) break;
      const pairs = Math.imul(digits, 10) + (digits >>> 8);
      const four = (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
      if (digitCount + 4 <= EXACT_DIGITS) {
        head = head * 10_000 + four;
        if (head !== 0) digitCount += 4;
      } else {
        tail = tail * 10_000 + four;
        tailCount += 4;
        digitCount += 4;
      }
      p += 4;
    }
    while (p < end) {
      digit = view.getUint8(p) - ZERO;
      if (digit < 0 || digit > 9) break;
      p++;
      if (tailCount === 0 && digitCount < EXACT_DIGITS) {
        head = head * 10 + digit;
        if (head !== 0) digitCount++;
      } else {
        tail = tail * 10 + digit;
        tailCount++;
        digitCount++;
      }
    }
    if (p === fractionAt) return NO_NUMBER;
    power = fractionAt - p;
  }
  if (p < end && (view.getUint8(p) | 0x20) === LOWER_E) {
    const digitsAt = p + (isSign(view, p + 1, end) ? 2 : 1);
    const exponentEnd = digitsEnd(view, digitsAt, end);
    if (exponentEnd === digitsAt) return NO_NUMBER;
    power += Number(textOf(view, p + 1, exponentEnd));
    p = exponentEnd;
  }
  const value =
    tailCount === 0 ? scaleExactly(head, power) : scaleLong(head, tail, tailCount, digitCount, power);
  if (Number.isNaN(value)) into[slot] = Number(textOf(view, at, p));
  else into[slot] = negative ? -value : value;
  return p;
}

function isSign(view: DataView, at: number, end: number): boolean {
  return at < end && (view.getUint8(at) === MINUS || view.getUint8(at) === PLUS);
}

function digitsEnd(view: DataView, at: number, end: number): number {
  let p = at;
  while (p < end && view.getUint8(p) >= ZERO && view.getUint8(p) <= ZERO + 9) p++;
  return p;
}

/** `digits` × 10^`power`, rounded once; NaN where that takes more than one rounding. */
export function scaleExactly(digits: number, power: number): number {
  if (power === 0) return digits;
  if (power < 0) return power < -POWER_MAX ? Number.NaN : digits / POWERS[-power]!;
  return power > POWER_MAX ? Number.NaN : digits * POWERS[power]!;
}

/** (`head` × 10^`tailCount` + `tail`) × 10^`power`; NaN where it cannot be told how it rounds. */
export function scaleLong(
  head: number,
  tail: number,
  tailCount: number,
  digitCount: number,
  power: number,
): number {
  if (digitCount > DIGITS_MAX || power > 0 || power < -POWER_MAX) return Number.NaN;
  // The digits as the sum of two doubles, exactly: both are whole and the second is below 2^53.
  const scale = POWERS[tailCount]!;
  const product = head * scale;
  const productRest = productError(head, scale, product);
  const sum = product + tail;
  const rest = productRest + (tail - (sum - product));
  const high = sum + rest;
  const low = rest - (high - sum);
  if (power === 0) return high;
  const divisor = POWERS[-power]!;
  const quotient = high / divisor;
  if (low === 0 && high <= Number.MAX_SAFE_INTEGER) return quotient;
  const back = quotient * divisor;
  const remainder = high - back - productError(quotient, divisor, back) + low;
  const correction = remainder / divisor;
  const margin = correction * CORRECTION_ERROR;
  const value = quotient + (correction + margin);
  return value === quotient + (correction - margin) ? value : Number.NaN;
}

/** What rounding took from `a × b` = `product`, exactly. */
function productError(a: number, b: number, product: number): number {
  const aScaled = a * SPLITTER;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * SPLITTER;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

function textOf(view: DataView, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) text += String.fromCharCode(view.getUint8(i));
  return text;
}
