import type { SeriesDetector } from "../../detectors/contract.ts";

/** Windows before it judges. */
const HISTORY = 4;

/**
 * A lane fell below half of what it brought before. The simulated producers bring the same count in every window, so
 * whatever this detector says of a lane that nobody cut off is a mistake in the counting.
 */
export const halved: SeriesDetector<object, { readonly counts: readonly number[] }> = {
  input: "series",
  name: "halved",
  subjects: ["records"],
  summary: "fewer than half of the usual records",
  defaults: {},
  start: () => ({ counts: [] }),
  step(point, memory) {
    const sorted = [...memory.counts].sort((a, b) => a - b);
    const usual = sorted[sorted.length >> 1] ?? 0;
    const known = memory.counts.length >= HISTORY;
    const low = known && point.value < usual / 2;
    const verdict = {
      answer: known ? (low ? ("anomalous" as const) : ("ok" as const)) : ("insufficient" as const),
      statistic: point.value,
      threshold: usual / 2,
      effect: known ? 1 - point.value / usual : 0,
      significance: low ? 12 : 0,
      sketchError: 0,
      severity: "page" as const,
      certain: true,
      summary: `${point.value} records, usually ${usual}`,
      parts: [],
    };
    const counts = low ? memory.counts : [...memory.counts, point.value].slice(-9);
    return {
      verdict,
      memory: { counts },
      expected: usual,
      lowerLimit: usual / 2,
      upperLimit: Number.NaN,
    };
  },
};
