import { afterEach, expect, test } from "vitest";
import { LaneRules } from "../../assign/lane.ts";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { zeroOutcomes } from "../../decode/outcome.ts";
import { readCheckpoint, writeCheckpoint } from "../../rollup/checkpoint.ts";
import { Rollup } from "../../rollup/rollup.ts";
import type { Segment } from "../../segment/manifest.ts";
import { emptyProfile } from "../../sketch/profile.ts";
import type { Store } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { PathMetrics } from "./path-metrics.ts";
import { SegmentReader } from "./segment-reader.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const clock = new ManualClock(START);
let store: Store | undefined;
afterEach(() => store?.close());

/** Ten offsets of which eight are counted, one is late and one cannot be decoded. */
function segment(startOffset: number, endOffset = startOffset + 10, minute = 0): Segment {
  const key = {
    windowStartMs: START + minute * MINUTE,
    windowSizeMs: MINUTE,
    swimlane: "prod",
    source: "default",
  };
  const ok = endOffset - startOffset - 2;
  return {
    manifest: {
      topic: "t",
      partition: 0,
      startOffset,
      endOffset,
      shape: "s",
      startedAtMs: START,
      rowCount: 1,
      eventTimeMinMs: key.windowStartMs,
      eventTimeMaxMs: key.windowStartMs + 1_000,
      byteCount: 100,
      outcomes: { ...zeroOutcomes(), ok, late: 1, undecodable: 1 },
    },
    profiles: [{ ...key, feature: "*", kind: "records", profile: { ...emptyProfile(), presentCount: ok } }],
  };
}

async function process(): Promise<{ rollup: Rollup; metrics: PathMetrics; read: () => Promise<string[]> }> {
  const telemetry = new Telemetry({ level: "silent" });
  const lanes = new LaneRules(
    { windowSizeMs: MINUTE, allowedLatenessMs: 0, lateMaxMs: 1e12, futureMaxMs: 1e12 },
    [],
  );
  const rollup = new Rollup({ store: store!, lanes, clock, telemetry, groupOf: () => "all" });
  const metrics = new PathMetrics(rollup, telemetry);
  const read = async () =>
    (await telemetry.registry.metrics())
      .split("\n")
      .filter((line) => /^lanewatch_(segment_path|source|rollup_open)/.test(line))
      .map((line) => line.replace("lanewatch_", "").replace('topic="t",partition="0"', ""))
      .sort();
  await rollup.restore(await readCheckpoint(store!));
  const reader = new SegmentReader({ rollup, store: store!, clock, telemetry });
  while ((await reader.poll()) > 0);
  return { rollup, metrics, read };
}

// A cut that another process made of the same offsets is in the store too, and counts once only by the path.
test("what the metrics say of records adds up to the offsets, and is the same after a restart", async () => {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), {
    clock,
    telemetry: new Telemetry({ level: "silent" }),
  });
  await store.open();
  const written = [segment(0), segment(10, 20, 1), segment(10, 26, 1)];
  const first = await process();
  await store.writeSegments(written);
  for (const one of written) first.rollup.add("t", 0, [one]);
  const ends = [{ topic: "t", partition: 0, startOffset: 0, endOffset: 40 }];
  first.metrics.observeEnds(ends);
  const before = await first.read();
  expect(before).toEqual(
    [
      "rollup_open_records 22",
      "rollup_open_windows 2",
      "segment_path_bytes{} 200",
      "segment_path_end_offset{} 26",
      'segment_path_records{,stage="assign",outcome="late"} 2',
      'segment_path_records{,stage="decode",outcome="undecodable"} 2',
      'segment_path_records{,stage="segment",outcome="ok"} 22',
      "segment_path_segments{} 2",
      "segment_path_start_offset{} 0",
      "source_log_end_offset{} 40",
      "source_uncounted_records{} 14",
    ].sort(),
  );
  const second = await process();
  second.metrics.observeEnds(ends);
  expect(await second.read()).toEqual(before);
});

// More segments than a checkpoint looks back over: the first of them are read no more after the restart.
test("segments before the checkpoint, which a restarted process does not read again, are in the sums", async () => {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), {
    clock,
    telemetry: new Telemetry({ level: "silent" }),
  });
  await store.open();
  const written = Array.from({ length: 200 }, (_, i) => segment(i * 10, i * 10 + 10, i));
  const first = await process();
  await store.writeSegments(written);
  first.rollup.add("t", 0, written);
  const released = await first.rollup.releaseComplete();
  await store.writeWindows(
    released.map(({ window }) => window),
    released.flatMap(({ profiles }) => profiles),
  );
  const checkpoint = first.rollup.checkpoint()!;
  expect(checkpoint.partitions[0]!.fromOffset).toBeGreaterThan(0);
  await writeCheckpoint(store, checkpoint);
  const second = await process();
  expect((await second.read()).filter((line) => line.startsWith("segment_path"))).toEqual(
    (await first.read()).filter((line) => line.startsWith("segment_path")),
  );
});
