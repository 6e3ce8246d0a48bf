/**
 * How much do a feature's windows differ by themselves from the whole that they are part of?
 *
 * Taken from the longest trailing baseline without a season (a week of hours, four weeks of days): it holds every
 * hour and weekday, as a training set does, and is too young to hold a slow drift, which must not excuse itself.
 */
import type { Overdispersion } from "../../../detectors/contract.ts";
import type { FeatureMemory } from "../feature/feature-memory.ts";
import { candidatesFor } from "./candidates.ts";
import { overdispersionOf } from "./overdispersion.ts";

/** Comparisons with that baseline from which it is believed; before, the whole past stands for it. */
const SPAN_WINDOWS_MIN = 48;
/** With fewer, nothing is known. */
const WINDOWS_MIN = 8;
/**
 * Movement that a lane is credited with while it has not seen a whole week: as if each window came from a population
 * of its own of 50 rows. A gap of 0.4 between the distributions is an alert all the same.
 */
const YOUNG = 0.02;
const WEEK_MS = 7 * 86_400_000;

export function movementOf(
  own: FeatureMemory | undefined,
  startMs: number,
  windowSizeMs: number,
): Overdispersion {
  const spanIndex = longestSpan(windowSizeMs);
  const span = own?.candidates[spanIndex];
  const usable = span !== undefined && span.scatter.cells.at50.length >= SPAN_WINDOWS_MIN;
  const record = usable ? span : own?.candidates[0];
  const known = record !== undefined && record.scatter.cells.at50.length >= WINDOWS_MIN;
  const measured = known ? overdispersionOf(record.scatter) : { ranks: 0, cells: 0, nulls: 0 };
  const ageMs = startMs - (own?.history.slots[0]?.startMs ?? startMs);
  const floor = known ? YOUNG * Math.max(0, 1 - ageMs / WEEK_MS) : YOUNG;
  return {
    ranks: Math.max(floor, measured.ranks),
    cells: Math.max(floor, measured.cells),
    nulls: Math.max(floor, measured.nulls),
  };
}

function longestSpan(windowSizeMs: number): number {
  const candidates = candidatesFor(windowSizeMs);
  let longest = 0;
  candidates.forEach(({ ageMaxMs, season }, i) => {
    const known = longest === 0 ? 0 : candidates[longest]!.ageMaxMs;
    if (season === undefined && Number.isFinite(ageMaxMs) && ageMaxMs > known) longest = i;
  });
  return longest;
}
