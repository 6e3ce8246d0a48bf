import fc from "fast-check";
import { expect, test } from "vitest";
import { LaneRules } from "../assign/lane.ts";
import { seededRandom } from "../base/random.ts";
import { ByteDecoder } from "../decode/bytes/byte-decoder.ts";
import type { Decoder } from "../decode/decoder.ts";
import { JsonDecoder } from "../decode/json.ts";
import { DEFAULT_MAPPING } from "../decode/mapping.ts";
import { OUTCOMES } from "../decode/outcome.ts";
import { DecodedRecord } from "../decode/record.ts";
import { ShapeRegistry } from "../decode/shapes.ts";
import { ProfileArena } from "../sketch/arena.ts";
import { encodeProfile } from "../sketch/codec.ts";
import { type CutBounds, DEFAULT_CUT_BOUNDS } from "./cut-policy.ts";
import type { Segment } from "./manifest.ts";
import { LOST_SHAPE, PartitionFolder, type Rejected } from "./partition-folder.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

interface Line {
  readonly offset: number;
  readonly logTimeMs: number;
  readonly text: string | null;
}

function newFolder(bounds: Partial<CutBounds> = {}, startOffset = 0, decoder?: Decoder) {
  const rejected: Rejected[] = [];
  const arena = new ProfileArena();
  const folder = new PartitionFolder("t", 0, startOffset, {
    decoder: decoder ?? new JsonDecoder(DEFAULT_MAPPING, new ShapeRegistry()),
    record: new DecodedRecord(),
    lanes: new LaneRules(
      { windowSizeMs: MINUTE, allowedLatenessMs: 5_000, lateMaxMs: 3_600_000, futureMaxMs: MINUTE },
      [],
    ),
    arena,
    bounds: { ...DEFAULT_CUT_BOUNDS, ...bounds },
    shape: "shape",
    asOfMs: Number.NaN,
    emptyStartMs: () => START,
    onRejected: (r) => rejected.push({ ...r, bytes: Buffer.from(r.bytes) }),
  });
  return { folder, rejected, arena };
}

function batchOf(lines: readonly Line[], endOffset = lines.at(-1)!.offset + 1) {
  return {
    startOffset: lines[0]!.offset,
    endOffset,
    forEach(visit: (offset: number, logTimeMs: number, bytes: Buffer, start: number, end: number) => void) {
      for (const { offset, logTimeMs, text } of lines) {
        const bytes = Buffer.from(text ?? "");
        visit(offset, logTimeMs, bytes, text === null ? -1 : 0, bytes.length);
      }
    },
  };
}

function line(offset: number, secondsIn: number, features: object = { x: offset }, lane = "prod"): Line {
  const ts = START + secondsIn * 1_000;
  return { offset, logTimeMs: ts, text: JSON.stringify({ ts, swimlane: lane, features }) };
}

/** Everything of a segment that is stored, comparable bit by bit. */
function stored(segments: readonly Segment[]) {
  return segments.map(({ manifest, profiles }) => ({
    manifest,
    rows: profiles.map((row) => [row.windowStartMs, row.swimlane, row.feature, encodeProfile(row.profile)]),
  }));
}

const minuteByMinute = Array.from({ length: 200 }, (_, i) =>
  line(i, i * 2, { x: i % 17, name: `n${i % 5}` }, i % 3 === 0 ? "prod" : "eval"),
);

test("a segment is a pure function of the log: where batches end changes nothing, to the bit", () => {
  const once = newFolder();
  once.folder.fold(batchOf(minuteByMinute));
  once.folder.cut();
  const expected = stored(once.folder.takeSealed());
  expect(expected.length).toBeGreaterThan(3);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 199 }), { maxLength: 9 }), (places) => {
      const { folder } = newFolder();
      const sorted = [0, ...[...new Set(places)].sort((a, b) => a - b), 200];
      for (let i = 1; i < sorted.length; i++)
        folder.fold(batchOf(minuteByMinute.slice(sorted[i - 1], sorted[i])));
      folder.cut();
      expect(stored(folder.takeSealed())).toEqual(expected);
    }),
    { numRuns: 25, seed: 3 },
  );
});

test("segments are cut when the watermark passes a window's end and its lateness, and tile the offsets", () => {
  const { folder } = newFolder();
  folder.fold(batchOf(minuteByMinute));
  folder.cut();
  const segments = folder.takeSealed();
  let at = 0;
  for (const { manifest } of segments) {
    expect(manifest.startOffset).toBe(at);
    at = manifest.endOffset;
    expect(OUTCOMES.reduce((sum, outcome) => sum + manifest.outcomes[outcome], 0)).toBe(
      manifest.endOffset - manifest.startOffset,
    );
  }
  expect(at).toBe(200);
});

test("the record that ends or closes a window is its segment's last, so that the segment itself says so", () => {
  const { folder } = newFolder();
  const seconds = [10, 59, 62, 63, 58, 65, 66];
  folder.fold(batchOf(seconds.map((secondsIn, offset) => line(offset, secondsIn))));
  // The first minute ends with the log's 62nd second, and with its lateness of 5 s it is over at the 65th.
  const [ended, closed, ...more] = folder.takeSealed();
  expect(more).toEqual([]);
  expect(ended!.manifest).toMatchObject({ startOffset: 0, endOffset: 3, eventTimeMaxMs: START + 62_000 });
  expect(closed!.manifest).toMatchObject({ startOffset: 3, endOffset: 6, eventTimeMaxMs: START + 65_000 });
  expect(folder.openStartOffset).toBe(6);
});

// Most of a window is written and read while it waits for late records: what its close has yet to bring is little.
test("a window's close is a cut of its own also where no record of the window came after its end", () => {
  const { folder } = newFolder();
  folder.fold(batchOf([line(0, 10), line(1, 60), line(2, 61), line(3, 65)]));
  const rows = folder.takeSealed().map(({ profiles }) => profiles.map((row) => row.windowStartMs - START));
  expect(rows.map((starts) => [...new Set(starts)])).toEqual([[0, 60_000], [60_000]]);
});

test("offsets read again are skipped, and a gap is counted as jumped", () => {
  const { folder } = newFolder();
  folder.fold(batchOf([line(0, 1), line(1, 2)]));
  folder.fold(batchOf([line(0, 1), line(1, 2), line(5, 3)], 9));
  folder.cut();
  const [segment] = folder.takeSealed();
  expect(segment!.manifest).toMatchObject({ startOffset: 0, endOffset: 9, outcomes: { ok: 3, jumped: 6 } });
});

// A reader that was quicker has read what this one finds gone: both write, under names that differ.
test("what the broker deleted unread is counted as lost, in a segment of its own", () => {
  const { folder } = newFolder({}, 10);
  folder.fold(batchOf([line(10, 1)]));
  folder.lose(25);
  folder.fold(batchOf([line(25, 1)]));
  folder.cut();
  expect(folder.takeSealed().map(({ manifest }) => manifest)).toMatchObject([
    { startOffset: 10, endOffset: 11, shape: "shape", outcomes: { ok: 1, lost: 0 } },
    { startOffset: 11, endOffset: 25, shape: LOST_SHAPE, rowCount: 0, outcomes: { ok: 0, lost: 14 } },
    { startOffset: 25, endOffset: 26, shape: "shape", outcomes: { ok: 1, lost: 0 } },
  ]);
});

test("a segment without a record is dated when it was read, or the store would drop it as half a century old", () => {
  const { folder } = newFolder();
  folder.fold({ startOffset: 3, endOffset: 3, forEach: () => {} });
  folder.cut();
  expect(folder.takeSealed()[0]!.manifest).toMatchObject({ startedAtMs: START, outcomes: { jumped: 3 } });
});

test("late, future and bad records are accounted for, and only what is bad is handed to the dead letters", () => {
  const { folder, rejected } = newFolder();
  const at = START + 7_200_000;
  folder.fold(
    batchOf([
      { offset: 0, logTimeMs: at, text: JSON.stringify({ ts: at, swimlane: "prod", features: { x: 1 } }) },
      { offset: 1, logTimeMs: at, text: JSON.stringify({ ts: START, swimlane: "prod", features: { x: 1 } }) },
      {
        offset: 2,
        logTimeMs: at,
        text: JSON.stringify({ ts: "2099-01-01T00:00:00Z", swimlane: "prod", features: { x: 1 } }),
      },
      { offset: 3, logTimeMs: at, text: "{broken" },
      { offset: 4, logTimeMs: at, text: null },
    ]),
  );
  folder.cut();
  expect(folder.takeSealed()[0]!.manifest.outcomes).toMatchObject({
    ok: 1,
    late: 1,
    future: 1,
    undecodable: 1,
    empty: 1,
  });
  expect(rejected.map(({ offset, outcome }) => [offset, outcome])).toEqual([
    [2, "future"],
    [3, "undecodable"],
  ]);
});

test("a bound on series ends a segment, so that names cannot fill the memory", () => {
  const { folder, arena } = newFolder({ seriesMax: 50 });
  folder.fold(batchOf(Array.from({ length: 400 }, (_, i) => line(i, 1, { [`feature${i}`]: 1 }))));
  expect(arena.liveCount).toBeLessThanOrEqual(51);
  folder.cut();
  const segments = folder.takeSealed();
  expect(segments.length).toBeGreaterThanOrEqual(8);
  expect(segments.at(-1)!.manifest.endOffset).toBe(400);
  expect(arena.liveCount).toBe(0);
});

test("a dropped segment gives its series back", () => {
  const { folder, arena } = newFolder();
  folder.fold(batchOf(minuteByMinute));
  expect(arena.liveCount).toBeGreaterThan(0);
  folder.drop();
  expect(arena.liveCount).toBe(0);
});

test("an array counts one record and all its elements", () => {
  const { folder } = newFolder();
  folder.fold(
    batchOf([line(0, 1, { tags: [1, 2, 3] }), line(1, 1, { tags: [] }), line(2, 1, { tags: [4, null] })]),
  );
  folder.cut();
  const rows = new Map(folder.takeSealed()[0]!.profiles.map((row) => [row.feature, row.profile]));
  expect(rows.get("tags.length")).toMatchObject({ presentCount: 3, numberCount: 3, mean: 5 / 3 });
  expect(rows.get("tags[]")).toMatchObject({ presentCount: 2, numberCount: 4, max: 4 });
  expect(rows.get("*")).toMatchObject({ presentCount: 3 });
});

// Records of several forms, odd ones among them: arrays, escapes, other spaces, bad numbers, no lane.
test("records read in place and records parsed give the same segments, to the bit", () => {
  const random = seededRandom(3);
  const lines = Array.from({ length: 6_000 }, (_, i): Line => {
    const features: Record<string, unknown> = {
      score: random(),
      price: Math.round(random() * 1e4) / 100,
      age: random() < 0.1 ? null : Math.floor(random() * 90),
      country: ["FR", "DE", "é"][Math.floor(random() * 3)],
      id: `user-${Math.floor(random() * 900)}`,
      premium: random() < 0.3,
    };
    if (random() < 0.1) delete features["price"];
    if (random() < 0.05) features["tags"] = ["a", 1, null];
    if (random() < 0.05) features["note"] = "line\nbreak";
    if (random() < 0.05) features["user"] = { age: random() * 1e-9 };
    const made = line(i, i / 20, features, i % 3 === 0 ? "prod" : "eval");
    const odd = random();
    if (odd < 0.03) return { ...made, text: made.text!.replaceAll(":", ": ") };
    if (odd < 0.04) return { ...made, text: made.text!.replace("score", "__proto__") };
    if (odd < 0.05) return { ...made, text: made.text!.slice(0, Math.floor(random() * 150)) };
    return odd < 0.06 ? { ...made, text: null } : made;
  });
  const decoder = new ByteDecoder(DEFAULT_MAPPING, new ShapeRegistry());
  const [read, parsed] = [decoder, undefined].map((one) => {
    const { folder, rejected } = newFolder({ offsetsMax: 1_700 }, 0, one);
    folder.fold(batchOf(lines));
    folder.cut();
    return { segments: stored(folder.takeSealed()), rejected };
  });
  expect(read).toEqual(parsed);
  expect(decoder.work.recordsRead).toBeGreaterThan(4_500);
  expect(read!.rejected.length).toBeGreaterThan(50);
});
