import { expect, test } from "vitest";
import { exampleManifest } from "../../test/harness/example-manifest.ts";
import type { Manifest } from "../segment/manifest.ts";
import { provePartition, walkPartition } from "./proof.ts";

function cut(startOffset: number, endOffset: number, outcomes = {}, shape = "s"): Manifest {
  return exampleManifest(startOffset, endOffset, { outcomes, shape });
}

test("without manifests nothing can be told", () => {
  expect(provePartition([])).toBeUndefined();
});

test("segments that tile and add up prove the partition, from the offset at which they begin", () => {
  const proof = provePartition([cut(20, 30, { ok: 7, late: 3 }), cut(10, 20)]);
  expect(proof).toMatchObject({
    holds: true,
    startOffset: 10,
    endOffset: 30,
    logCount: 20,
    accountedCount: 20,
  });
  expect(proof?.outcomes).toMatchObject({ ok: 17, late: 3 });
});

test("each gap is named, and what lies after it is counted still", () => {
  const proof = provePartition([cut(0, 10), cut(12, 20), cut(25, 30)]);
  expect(proof).toMatchObject({ holds: false, logCount: 30, accountedCount: 23 });
  expect(proof?.breaks).toEqual([
    { kind: "gap", startOffset: 10, endOffset: 12 },
    { kind: "gap", startOffset: 20, endOffset: 25 },
  ]);
});

test("a segment that begins inside what is counted, and leads on, is an overlap", () => {
  const proof = provePartition([cut(0, 10), cut(8, 20), cut(20, 30)]);
  expect(proof?.holds).toBe(false);
  expect(proof?.breaks).toEqual([{ kind: "overlap", startOffset: 10, endOffset: 20 }]);
});

test("two cuts of the same offsets are counted once", () => {
  const proof = provePartition([cut(0, 10), cut(10, 20), cut(0, 20), cut(5, 15)]);
  expect(proof).toMatchObject({ holds: true, accountedCount: 20, segmentCount: 1 });
});

test("lost records are accounted for, as lost", () => {
  const proof = provePartition([cut(0, 10), cut(10, 15, { ok: 0, lost: 5 }, "lost")]);
  expect(proof).toMatchObject({ holds: true, accountedCount: 15, outcomes: { lost: 5 } });
});

test("outcomes that do not add up are named, even where two errors cancel out", () => {
  const proof = provePartition([cut(0, 10, { ok: 9 }), cut(10, 20, { ok: 11 })]);
  expect(proof).toMatchObject({ holds: false, logCount: 20, accountedCount: 20 });
  expect(proof?.wrongSums).toHaveLength(2);
});

// A manifest begins at the millisecond that is its first offset.
test("a period reaches from the first to the last segment of the path that began in it", () => {
  const manifests = [cut(0, 10), cut(10, 20), cut(10, 15), cut(20, 30), cut(30, 40)];
  expect(provePartition(manifests, { sinceMs: 5, untilMs: 30 })).toMatchObject({
    startOffset: 10,
    endOffset: 30,
    accountedCount: 20,
    holds: true,
  });
  expect(provePartition(manifests, { sinceMs: 50, untilMs: 60 })).toBeUndefined();
});

test("a segment missing at the edge of two periods breaks both, and no other", () => {
  const manifests = [cut(0, 10), cut(10, 20), cut(30, 40), cut(40, 50)];
  const periods = [
    { sinceMs: 0, untilMs: 10 },
    { sinceMs: 10, untilMs: 25 },
    { sinceMs: 25, untilMs: 35 },
    { sinceMs: 40, untilMs: 99 },
  ];
  const holds = periods.map((period) => provePartition(manifests, period)?.holds);
  expect(holds).toEqual([true, false, false, true]);
});

test("what the path leaves out is told, and whether it ends within the period", () => {
  const manifests = [cut(0, 10), cut(10, 15), cut(10, 20), cut(20, 30)];
  const walked = walkPartition(manifests, { sinceMs: 0, untilMs: 20 });
  expect(walked?.offPath).toMatchObject([{ startOffset: 10, endOffset: 15 }]);
  expect(walked).toMatchObject({ furthestOffset: 30, endsInPeriod: false });
  expect(walkPartition(manifests)?.endsInPeriod).toBe(true);
});
