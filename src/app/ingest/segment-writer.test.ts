import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { OperationalError } from "../../base/errors.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { zeroOutcomes } from "../../decode/outcome.ts";
import type { Segment } from "../../segment/manifest.ts";
import { emptyProfile } from "../../sketch/profile.ts";
import type { RecordSource } from "../../source/contract.ts";
import type { Store } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { SegmentWriter } from "./segment-writer.ts";

const START = Date.UTC(2026, 0, 1);
const BYTES_MAX = 10_000;
const clock = new ManualClock(START);
const telemetry = new Telemetry({ level: "silent" });
let store: Store | undefined;
afterEach(() => store?.close());

/** One offset, one row: some 2,000 bytes of memory. */
function segment(startOffset: number): Segment {
  const place = { windowStartMs: START, windowSizeMs: 60_000, swimlane: "prod", source: "default" };
  return {
    manifest: {
      topic: "t",
      partition: 0,
      startOffset,
      endOffset: startOffset + 1,
      shape: "s",
      startedAtMs: START,
      rowCount: 1,
      eventTimeMinMs: START,
      eventTimeMaxMs: START,
      byteCount: 10,
      outcomes: { ...zeroOutcomes(), ok: 1 },
    },
    profiles: [{ ...place, feature: "*", kind: "records", profile: { ...emptyProfile(), presentCount: 1 } }],
  };
}

/** A real store behind a switch, and the commits that were asked of the source. */
async function world() {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), { clock, telemetry });
  await store.open();
  const real = store;
  const engine = { isAway: true };
  const commits: number[] = [];
  const writer = new SegmentWriter({
    store: {
      writeSegments: async (segments: readonly Segment[]) => {
        if (engine.isAway)
          throw new OperationalError("the store is away", { code: "AWAY", retryable: true, context: {} });
        await real.writeSegments(segments);
      },
    } as Store,
    source: {
      commit: async (_: string, __: number, offset: number) => void commits.push(offset),
    } as RecordSource,
    clock,
    telemetry,
    onSegments: async () => {},
    waitingBytesMax: BYTES_MAX,
    writeBehind: true,
  });
  return { writer, engine, commits, real };
}

/** Reads on as long as there is room, as a source does. @returns how many segments were taken. */
async function readUntilFull(writer: SegmentWriter, most: number): Promise<number> {
  for (let taken = 0; taken < most; taken++) {
    writer.add([segment(taken)], []);
    const isFull = await Promise.race([writer.room().then(() => false), turn().then(() => true)]);
    if (isFull) return taken + 1;
  }
  return most;
}

async function waitingBytes(): Promise<number> {
  const metrics = await telemetry.registry.metrics();
  return Number(/^lanewatch_segment_waiting_bytes (\d+)$/m.exec(metrics)?.[1]);
}

test("while the store is away reading waits at the bound, and nothing is committed", async () => {
  const { writer, commits } = await world();
  const taken = await readUntilFull(writer, 1_000);
  expect(taken).toBeLessThan(20);
  expect(await waitingBytes()).toBeGreaterThan(BYTES_MAX);
  expect(await waitingBytes()).toBeLessThan(BYTES_MAX + 3_000);
  expect(commits).toEqual([]);
  writer.giveUp();
});

test("once it is back, all that waited is written in order, committed, and there is room again", async () => {
  const { writer, engine, commits, real } = await world();
  const taken = await readUntilFull(writer, 1_000);
  engine.isAway = false;
  const idle = writer.idle();
  clock.advanceTo(START + 60_000);
  await idle;
  await writer.room();
  expect(await waitingBytes()).toBe(0);
  expect(commits.at(-1)).toBe(taken);
  expect(commits).toEqual([...commits].sort((a, b) => a - b));
  const rows = await real.readSegmentProfiles(Array.from({ length: taken }, (_, i) => segment(i).manifest));
  expect(rows.every((list) => list?.length === 1)).toBe(true);
});
