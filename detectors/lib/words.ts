/** Numbers as a person would say them, for summaries and labels. */

/** Whole numbers in full, others with 4 significant digits and no trailing zeros. */
export function spoken(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** The same for several that must not look alike: as many digits as it takes to tell them apart, 4 at least. */
export function spokenApart(values: readonly number[]): string[] {
  const distinctCount = new Set(values).size;
  for (let digits = 4; digits < 17; digits++) {
    const texts = values.map((value) =>
      Number.isSafeInteger(value) ? String(value) : shortest(value, digits),
    );
    if (new Set(texts).size === distinctCount) return texts;
  }
  return values.map(String);
}

function shortest(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

/** 0.0312 as "3.1 %". */
export function percent(share: number): string {
  // Most shares that are said are of things that did not happen.
  if (share === 0) return "0 %";
  return `${Number((share * 100).toPrecision(share < 0.1 ? 2 : 3))} %`;
}
