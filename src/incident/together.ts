import type { Ledger } from "./ledger.ts";
import { compareText } from "./sighting.ts";

/** One feature of an incident, over all its windows. */
export interface TogetherFeature {
  readonly feature: string;
  readonly detectors: readonly string[];
  /** Windows in which it was anomalous. */
  readonly windowCount: number;
  /** First of them, epoch milliseconds: who moved first is often who caused it. */
  readonly firstMs: number;
}

const FEATURE_COUNT_MAX = 20;

/** The features that were anomalous in the incident's windows, most windows first. */
export function movedTogether(ledger: Ledger): readonly TogetherFeature[] {
  const byFeature = new Map<string, { detectors: Set<string>; windows: Set<string>; firstMs: number }>();
  for (const note of ledger.notes) {
    for (const { feature, detector } of note.sightings) {
      const seen = byFeature.get(feature) ?? {
        detectors: new Set(),
        windows: new Set(),
        firstMs: note.windowStartMs,
      };
      seen.detectors.add(detector);
      seen.windows.add(`${note.windowStartMs}|${note.windowSizeMs}|${note.source}`);
      byFeature.set(feature, seen);
    }
  }
  return [...byFeature]
    .map(([feature, { detectors, windows, firstMs }]) => ({
      feature,
      detectors: [...detectors].sort(compareText),
      windowCount: windows.size,
      firstMs,
    }))
    .sort((a, b) => b.windowCount - a.windowCount || compareText(a.feature, b.feature))
    .slice(0, FEATURE_COUNT_MAX);
}
