import fc from "fast-check";
import { expect, test } from "vitest";
import { ProfileArena } from "./arena.ts";
import {
  BIN_ABOVE,
  BIN_BELOW,
  BIN_FIRST,
  BIN_NON_FINITE,
  BIN_NULL,
  HistogramCounter,
  mergeHistograms,
  quantileEdges,
} from "./histogram.ts";

const number = fc.oneof(
  fc.integer({ min: -6, max: 6 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 1, max: 1.0000001 }),
);
const edgesOf = fc
  .uniqueArray(
    number.map((v) => v + 0),
    { minLength: 2, maxLength: 12 },
  )
  .chain((unique) =>
    fc.tuple(
      fc.constant(unique.sort((a, b) => a - b)),
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    ),
  )
  .map(([unique, twice]) =>
    Float64Array.from(unique.flatMap((edge, i) => (twice[i] ? [edge, edge] : [edge]))),
  );

/** The bin by the words of the file's header, one comparison after the other. */
function plainBin(edges: Float64Array, value: number): number {
  const last = edges.length - 1;
  if (value < edges[0]!) return BIN_BELOW;
  if (value > edges[last]!) return BIN_ABOVE;
  for (let i = 0; i < last; i++) if (edges[i] === edges[i + 1] && value === edges[i]) return BIN_FIRST + i;
  for (let i = 0; i < last; i++) {
    if (value >= edges[i]! && (value < edges[i + 1]! || (i + 1 === last && value === edges[i + 1])))
      return BIN_FIRST + i;
  }
  throw new Error("in no bin");
}

test("a value falls into one bin, the same one alone and in a sorted run", () => {
  fc.assert(
    fc.property(edgesOf, fc.array(number, { minLength: 1, maxLength: 60 }), (edges, values) => {
      const all = [...values, ...edges, ...edges.map((edge) => edge * (1 + 2 ** -30))].filter(
        Number.isFinite,
      );
      const alone = new HistogramCounter(edges);
      for (const value of all) {
        expect(alone.binOf(value)).toBe(plainBin(edges, value));
        alone.add(value);
      }
      const run = new HistogramCounter(edges);
      run.addSorted(Float64Array.from(all).sort(), all.length);
      expect(run.counts).toEqual(alone.counts);
    }),
    { numRuns: 150, seed: 3 },
  );
});

test("quantile edges give even bins, and a value that fills a bin one of its own", () => {
  const values = Float64Array.from({ length: 1_000 }, (_, i) => i);
  const even = quantileEdges(
    values,
    values.map((v) => v + 1),
    10,
  );
  expect([...even]).toEqual([0, 99, 199, 299, 399, 499, 599, 699, 799, 899, 999]);
  // 0 holds half of all numbers.
  const lumpy = quantileEdges(Float64Array.of(0, 1, 2, 3), Float64Array.of(50, 60, 80, 100), 5);
  expect([...lumpy]).toEqual([0, 0, 1, 2, 2, 3, 3]);
});

test("bins of null, of what is not finite, and beyond the reference are their own", () => {
  const arena = new ProfileArena();
  const series = arena.open(1, Float64Array.of(0, 0, 10, 20));
  for (const v of [-1, 0, 0, 5, 10, 20, 21, 22, Number.NaN, Number.POSITIVE_INFINITY])
    arena.addNumber(series, v);
  arena.addNull(series);
  const { counts } = arena.seal(series).histogram!;
  expect(counts[BIN_NULL]).toBe(1);
  expect(counts[BIN_NON_FINITE]).toBe(2);
  expect(counts[BIN_BELOW]).toBe(1);
  expect(counts[BIN_ABOVE]).toBe(2);
  // The point mass 0, (0, 10), [10, 20].
  expect([...counts.slice(BIN_FIRST)]).toEqual([2, 1, 2]);
});

test("bins add up where the edges are the same, and never mix where they are not", () => {
  const edges = Float64Array.of(0, 1, 2);
  const part = (...counts: number[]) => ({ edges, counts: Float64Array.from(counts) });
  expect(mergeHistograms([part(1, 2, 3, 4, 5, 6), part(6, 5, 4, 3, 2, 1)])?.counts).toEqual(
    Float64Array.of(7, 7, 7, 7, 7, 7),
  );
  expect(
    mergeHistograms([
      part(1, 2, 3, 4, 5, 6),
      { edges: Float64Array.of(0, 1, 3), counts: new Float64Array(6) },
    ]),
  ).toBeNull();
  expect(mergeHistograms([part(1, 2, 3, 4, 5, 6), null])).toBeNull();
});
