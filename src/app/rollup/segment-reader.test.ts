import { expect, test } from "vitest";
import { LaneRules } from "../../assign/lane.ts";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { zeroOutcomes } from "../../decode/outcome.ts";
import { Rollup } from "../../rollup/rollup.ts";
import { emptyProfile } from "../../sketch/profile.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { SegmentReader } from "./segment-reader.ts";

const START = Date.UTC(2026, 0, 1);
const WINDOW = { windowStartMs: START, windowSizeMs: 60_000, swimlane: "prod", source: "default" };

// Found by the simulator: a rollup that starts asks the broker before it has read the store, and the broker says that
// the partition begins where retention has got to. The segments before it are counted all the same.
test("segments are counted although retention has taken their records since", async () => {
  const clock = new ManualClock(START);
  const telemetry = new Telemetry({ level: "silent" });
  const options = storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" });
  const store = makeStore(options, { clock, telemetry, environment: {} });
  await store.open();
  await store.writeSegments([segment(0, 5), segment(5, 8)]);
  const lanes = { windowSizeMs: 60_000, allowedLatenessMs: 0, lateMaxMs: 1e12, futureMaxMs: 1e12 };
  const rollup = new Rollup({
    store,
    clock,
    telemetry,
    lanes: new LaneRules(lanes, []),
    groupOf: () => "main",
  });
  const frontier = rollup.frontier("records", 0, 5);
  await new SegmentReader({ rollup, store, clock, telemetry }).poll();
  expect(frontier.path.map(({ startOffset }) => startOffset)).toEqual([0, 5]);
  expect(rollup.open.recordCount).toBe(8);
  await store.close();
});

function segment(startOffset: number, endOffset: number) {
  const count = endOffset - startOffset;
  const profile = { ...emptyProfile(), presentCount: count };
  return {
    manifest: {
      topic: "records",
      partition: 0,
      startOffset,
      endOffset,
      shape: "test",
      startedAtMs: START,
      rowCount: 1,
      eventTimeMinMs: START,
      eventTimeMaxMs: START,
      byteCount: 10,
      outcomes: { ...zeroOutcomes(), ok: count },
    },
    profiles: [{ ...WINDOW, feature: "*", kind: "records" as const, profile }],
  };
}
