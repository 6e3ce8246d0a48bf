/** How a number would be written: how many significant digits, how many decimals. */

/** Decimals looked for; more count as {@link DECIMALS_MANY}. */
const DECIMALS_MAX = 6;
export const DECIMALS_MANY = DECIMALS_MAX + 1;
/** Significant digits told apart; 9 stands for "nine or more". */
export const DIGITS_MAX = 9;

/**
 * A product this near to a whole number (as a share of it) was one before it was rounded: doubles hold 16 digits, and
 * six multiplications lose less than one. Any wider, and one random number in five hundred looks like six decimals.
 */
const WHOLE_TOLERANCE = 1e-12;

/** 10^0 to 10^7, exact. */
const POWERS: readonly number[] = Array.from({ length: DECIMALS_MANY + 1 }, (_, exponent) => 10 ** exponent);

/** Decimals behind the point, 0 to 6, or 7 for "more". @param value finite */
export function decimalsOf(value: number): number {
  if (Number.isInteger(value)) return 0;
  let scaled = Math.abs(value);
  for (let decimals = 1; decimals <= DECIMALS_MAX; decimals++) {
    scaled *= 10;
    if (Math.abs(scaled - Math.round(scaled)) <= WHOLE_TOLERANCE * Math.max(1, scaled)) return decimals;
  }
  return DECIMALS_MANY;
}

/** Significant digits, 1 to 9 (9 or more); 0 has 1. @param value finite */
export function digitsOf(value: number, decimals: number): number {
  if (decimals === DECIMALS_MANY) return DIGITS_MAX;
  let whole = Math.round(Math.abs(value) * POWERS[decimals]!);
  if (whole === 0) return 1;
  while (whole % 10 === 0) whole /= 10;
  let digits = 1;
  for (; whole >= 10 && digits < DIGITS_MAX; digits++) whole = Math.floor(whole / 10);
  return digits;
}
