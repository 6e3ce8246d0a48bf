/**
 * The walk that finds the truth of one partition: a path of segments that tiles the offsets from a known start,
 * without a gap or an overlap, as far as it goes. Segments off the path are true too, but counted already.
 */
import { groupBy } from "../base/group-by.ts";
import type { Manifest } from "../segment/manifest.ts";

/** How an offset is best reached: by which segment, and with how many records lost on the way. */
interface Arrival {
  readonly by: Manifest | undefined;
  readonly lostCount: number;
}

/**
 * @param candidates manifests of one partition, in any order; repeats are harmless.
 * @param startOffset where the tiling begins.
 * @returns the path that reaches furthest; of several, the one that lost the fewest records (one reader may have read
 * what another found deleted), then the one that takes the longest segment at each step from the end, which is the
 * same whatever the order of `candidates`.
 */
export function findPath(candidates: readonly Manifest[], startOffset: number): readonly Manifest[] {
  const arrivals = arrivalsFrom(candidates, startOffset);
  return traceBack(arrivals, Math.max(...arrivals.keys()));
}

/** The path from `startOffset` that ends exactly at `endOffset`; `undefined` when none does. */
export function findPathTo(
  candidates: readonly Manifest[],
  startOffset: number,
  endOffset: number,
): readonly Manifest[] | undefined {
  const arrivals = arrivalsFrom(candidates, startOffset);
  return arrivals.has(endOffset) ? traceBack(arrivals, endOffset) : undefined;
}

function arrivalsFrom(candidates: readonly Manifest[], startOffset: number): ReadonlyMap<number, Arrival> {
  const byStart = groupByStart(candidates, startOffset);
  const arrivals = new Map<number, Arrival>([[startOffset, { by: undefined, lostCount: 0 }]]);
  for (const start of [...byStart.keys()].sort((a, b) => a - b)) {
    const here = arrivals.get(start);
    if (here === undefined) continue;
    for (const manifest of byStart.get(start)!) {
      const next = { by: manifest, lostCount: here.lostCount + manifest.outcomes.lost };
      if (isBetter(next, arrivals.get(manifest.endOffset))) arrivals.set(manifest.endOffset, next);
    }
  }
  return arrivals;
}

function isBetter(next: Arrival, known: Arrival | undefined): boolean {
  if (known?.by === undefined) return known === undefined;
  if (next.lostCount !== known.lostCount) return next.lostCount < known.lostCount;
  return next.by!.startOffset < known.by.startOffset;
}

function groupByStart(candidates: readonly Manifest[], startOffset: number): Map<number, Manifest[]> {
  const usable = candidates.filter(
    (manifest) => manifest.startOffset >= startOffset && manifest.endOffset > manifest.startOffset,
  );
  const byStart = groupBy(usable, (manifest) => manifest.startOffset);
  // Under two shapes the same range may stand twice; the order of their names decides, so that all readers agree.
  for (const group of byStart.values())
    group.sort((a, b) => a.endOffset - b.endOffset || (a.shape < b.shape ? -1 : 1));
  return byStart;
}

function traceBack(arrivals: ReadonlyMap<number, Arrival>, endOffset: number): readonly Manifest[] {
  const path: Manifest[] = [];
  for (let step = arrivals.get(endOffset)?.by; step !== undefined; step = arrivals.get(step.startOffset)?.by)
    path.push(step);
  return path.reverse();
}

/** A name that is equal for equal segments. */
export function segmentName(
  manifest: Pick<Manifest, "topic" | "partition" | "startOffset" | "endOffset" | "shape">,
): string {
  return `${manifest.topic}|${manifest.partition}|${manifest.startOffset}|${manifest.endOffset}|${manifest.shape}`;
}
