import { expect, test } from "vitest";
import { segment } from "../../test/conformance/store-rows.ts";
import { profilesOfRow, rowsOfSegment, type SegmentWindowRow } from "./segment-windows.ts";

const features = (count: number) => ["*", ...Array.from({ length: count }, (_, i) => `f${i}`)];

const placedProfilesOf = (rows: readonly SegmentWindowRow[]) =>
  rows.flatMap((row) => profilesOfRow(row).map((profile) => ({ ...profile, manifest: row.manifest })));

test("a lane's window is one row, which gives its profiles back in their order", () => {
  const { manifest, profiles } = segment({ startOffset: 0, endOffset: 9, features: features(20) });
  const rows = rowsOfSegment({ manifest, profiles });
  expect(rows.map(({ part, profileCount }) => [part, profileCount])).toEqual([[0, 21]]);
  expect(rows[0]!.recordCount).toBe(profiles[0]!.profile.presentCount);
  expect(placedProfilesOf(rows)).toStrictEqual(profiles.map((profile) => ({ ...profile, manifest })));
});

test("each window, swimlane and source has a row of its own, however the profiles are mixed", () => {
  const { manifest, profiles } = segment({ startOffset: 0, endOffset: 9, features: features(2) });
  const other = (change: object) => profiles.map((profile) => ({ ...profile, ...change }));
  const mixed = [
    other({}),
    other({ windowStartMs: 60_000 }),
    other({ swimlane: "dev" }),
    other({ source: "b" }),
  ];
  const rows = rowsOfSegment({ manifest, profiles: [0, 1, 2].flatMap((i) => mixed.map((lane) => lane[i]!)) });
  expect(rows).toHaveLength(4);
  expect(placedProfilesOf(rows)).toStrictEqual(mixed.flat().map((profile) => ({ ...profile, manifest })));
});

test("very many profiles take several rows, the same ones each time, and records are counted in the first only", () => {
  const { manifest, profiles } = segment({ startOffset: 0, endOffset: 9, features: features(800) });
  const rows = rowsOfSegment({ manifest, profiles });
  expect(rows.length).toBeGreaterThan(2);
  expect(rows).toStrictEqual(rowsOfSegment({ manifest, profiles }));
  expect(rows.map(({ part }) => part)).toEqual(rows.map((_, i) => i));
  expect(rows.map(({ recordCount }) => recordCount > 0)).toEqual(rows.map((_, i) => i === 0));
  expect(rows.reduce((sum, { profileCount }) => sum + profileCount, 0)).toBe(profiles.length);
  expect(Math.max(...rows.map(({ numbers }) => numbers.length))).toBeLessThan(2 * 8_192);
  expect(placedProfilesOf(rows)).toStrictEqual(profiles.map((profile) => ({ ...profile, manifest })));
});
