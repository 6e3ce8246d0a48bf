/**
 * The walk that finds the truth of one partition: a path of segments that tiles the offsets from a known start,
 * without a gap or an overlap, as far as it goes. Segments off the path are true too, but counted already.
 */
import type { Manifest } from "../segment/manifest.ts";

/**
 * @param candidates manifests of one partition, in any order; repeats are harmless.
 * @param startOffset where the tiling begins.
 * @returns the path that reaches furthest; of several, the one that takes the longest segment at each step from the
 * end, which is the same whatever the order of `candidates`.
 */
export function findPath(candidates: readonly Manifest[], startOffset: number): readonly Manifest[] {
  const byStart = groupByStart(candidates, startOffset);
  const arrivals = new Map<number, Manifest | undefined>([[startOffset, undefined]]);
  let furthest = startOffset;
  for (const start of [...byStart.keys()].sort((a, b) => a - b)) {
    if (!arrivals.has(start)) continue;
    for (const manifest of byStart.get(start)!) {
      const known = arrivals.get(manifest.endOffset);
      if (known === undefined || manifest.startOffset < known.startOffset)
        arrivals.set(manifest.endOffset, manifest);
      if (manifest.endOffset > furthest) furthest = manifest.endOffset;
    }
  }
  return traceBack(arrivals, furthest);
}

function groupByStart(candidates: readonly Manifest[], startOffset: number): Map<number, Manifest[]> {
  const byStart = new Map<number, Manifest[]>();
  for (const manifest of candidates) {
    if (manifest.startOffset < startOffset || manifest.endOffset <= manifest.startOffset) continue;
    const group = byStart.get(manifest.startOffset);
    if (group === undefined) byStart.set(manifest.startOffset, [manifest]);
    else group.push(manifest);
  }
  // Under two shapes the same range may stand twice; the order of their names decides, so that all readers agree.
  for (const group of byStart.values())
    group.sort((a, b) => a.endOffset - b.endOffset || (a.shape < b.shape ? -1 : 1));
  return byStart;
}

function traceBack(
  arrivals: ReadonlyMap<number, Manifest | undefined>,
  furthest: number,
): readonly Manifest[] {
  const path: Manifest[] = [];
  for (let step = arrivals.get(furthest); step !== undefined; step = arrivals.get(step.startOffset))
    path.push(step);
  return path.reverse();
}

/** A name that is equal for equal segments. */
export function segmentName(
  manifest: Pick<Manifest, "topic" | "partition" | "startOffset" | "endOffset" | "shape">,
): string {
  return `${manifest.topic}|${manifest.partition}|${manifest.startOffset}|${manifest.endOffset}|${manifest.shape}`;
}
