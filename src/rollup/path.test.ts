import fc from "fast-check";
import { expect, test } from "vitest";
import { zeroOutcomes } from "../decode/outcome.ts";
import type { Manifest } from "../segment/manifest.ts";
import { PartitionFrontier } from "./frontier.ts";
import { findPath, segmentName } from "./path.ts";

function cut(startOffset: number, endOffset: number, shape = "s"): Manifest {
  return {
    topic: "t",
    partition: 0,
    startOffset,
    endOffset,
    shape,
    startedAtMs: startOffset,
    rowCount: 0,
    eventTimeMinMs: startOffset,
    eventTimeMaxMs: endOffset,
    byteCount: 0,
    outcomes: { ...zeroOutcomes(), ok: endOffset - startOffset },
  };
}

const ends = (path: readonly Manifest[]) =>
  path.map((manifest) => [manifest.startOffset, manifest.endOffset]);

test("segments that tile the offsets are the path", () => {
  expect(ends(findPath([cut(10, 20), cut(0, 10), cut(20, 35)], 0))).toEqual([
    [0, 10],
    [10, 20],
    [20, 35],
  ]);
});

test("the truth ends at a gap", () => {
  expect(ends(findPath([cut(0, 10), cut(11, 20)], 0))).toEqual([[0, 10]]);
});

test("of two cuts of the same offsets one is walked, whichever leads further", () => {
  expect(ends(findPath([cut(0, 10), cut(10, 50), cut(10, 80), cut(80, 90)], 0))).toEqual([
    [0, 10],
    [10, 80],
    [80, 90],
  ]);
  expect(ends(findPath([cut(0, 10), cut(10, 50), cut(10, 80), cut(50, 95)], 0))).toEqual([
    [0, 10],
    [10, 50],
    [50, 95],
  ]);
});

test("segments that overlap the path without continuing it are ignored", () => {
  expect(ends(findPath([cut(0, 10), cut(5, 12), cut(10, 20)], 0))).toEqual([
    [0, 10],
    [10, 20],
  ]);
});

/** Several readers cut the same offsets at places of their own, and some cuts are lost. */
const cuts = fc
  .tuple(
    fc.array(fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
    fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
  )
  .map(([readers, kept]) => {
    const manifests = readers.flatMap((places, reader) => {
      const sorted = [0, ...[...new Set(places)].sort((a, b) => a - b), 100];
      return sorted.slice(1).map((end, i) => cut(sorted[i]!, end, `r${reader}`));
    });
    return manifests.filter((_, i) => kept[i % kept.length]);
  });

test("the path tiles without gap or overlap, reaches as far as any tiling could, and does not depend on the order of arrival", () => {
  fc.assert(
    fc.property(cuts, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (manifests, coins) => {
      const path = findPath(manifests, 0);
      let at = 0;
      for (const manifest of path) {
        expect(manifest.startOffset).toBe(at);
        at = manifest.endOffset;
      }
      expect(at).toBe(furthestByBruteForce(manifests));
      const shuffled = [...manifests]
        .map((m) => ({ m, key: coins.next().value }))
        .sort((a, b) => a.key - b.key);
      expect(
        findPath(
          shuffled.map(({ m }) => m),
          0,
        ).map(segmentName),
      ).toEqual(path.map(segmentName));
    }),
    { numRuns: 300, seed: 7 },
  );
});

test("a frontier that is told of segments one by one ends with the same path and counts as one told at once", () => {
  fc.assert(
    fc.property(cuts, (manifests) => {
      const atOnce = new PartitionFrontier("t", 0, 0);
      atOnce.add(manifests);
      const oneByOne = new PartitionFrontier("t", 0, 0);
      const counted = new Set<string>();
      for (const manifest of manifests) {
        const change = oneByOne.add([manifest]);
        for (const gone of change.removed) counted.delete(segmentName(gone));
        for (const added of change.added) counted.add(segmentName(added));
      }
      expect(oneByOne.path.map(segmentName)).toEqual(atOnce.path.map(segmentName));
      expect(oneByOne.totals).toEqual(atOnce.totals);
      expect(oneByOne.totals.outcomes.ok).toBe(oneByOne.endOffset - oneByOne.startOffset);
      expect([...counted].sort()).toEqual(atOnce.path.map(segmentName).sort());
    }),
    { numRuns: 300, seed: 11 },
  );
});

function furthestByBruteForce(manifests: readonly Manifest[]): number {
  const reached = new Set([0]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { startOffset, endOffset } of manifests) {
      if (!reached.has(startOffset) || reached.has(endOffset)) continue;
      reached.add(endOffset);
      grew = true;
    }
  }
  return Math.max(...reached);
}
