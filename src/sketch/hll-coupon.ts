/**
 * Coupons: what HyperLogLog keeps of one input. The low 26 bits of the hash's first half name the slot (of which a
 * sketch uses as many as it has), the upper 6 bits hold 1 + the leading zeros of the second half.
 */
import { murmur3, murmurWords } from "./murmur3.ts";

export const SLOT_BITS = 26;
export const SLOT_MASK = (1 << SLOT_BITS) - 1;
/** No input has this coupon: a value is at least 1. */
export const COUPON_NONE = 0;

const encoder = new TextEncoder();
let scratch = new Uint8Array(1024);
const eight = new Uint8Array(8);
const eightView = new DataView(eight.buffer);

/** Coupon of a string as UTF-8. The empty string has none, as in DataSketches. */
export function couponOfString(text: string): number {
  if (text === "") return COUPON_NONE;
  if (scratch.length < text.length * 3) scratch = new Uint8Array(text.length * 6);
  const length = asciiInto(text, scratch) ? text.length : encoder.encodeInto(text, scratch).written;
  murmur3(scratch, length);
  return couponOfHash();
}

/** Coupon of a double; -0 counts as 0 and all NaN as one. */
export function couponOfDouble(value: number): number {
  eightView.setFloat64(0, value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value, true);
  murmur3(eight, 8);
  return couponOfHash();
}

/** Coupon of a whole number as a 64-bit integer: not the same as that of the equal double. */
export function couponOfInteger(value: number): number {
  eightView.setBigInt64(0, BigInt(value), true);
  murmur3(eight, 8);
  return couponOfHash();
}

function couponOfHash(): number {
  const high = murmurWords[3]!;
  const zeros = high !== 0 ? Math.clz32(high) : 32 + Math.clz32(murmurWords[2]!);
  return ((Math.min(zeros, 62) + 1) << SLOT_BITS) | (murmurWords[0]! & SLOT_MASK);
}

/** Most strings are short and ASCII: a loop beats the encoder's call. False as soon as one character is not. */
function asciiInto(text: string, into: Uint8Array): boolean {
  if (text.length > 64) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return false;
    into[i] = code;
  }
  return true;
}
