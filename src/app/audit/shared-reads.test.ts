import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { RowFilter, Store, WindowRow } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { sharedReads } from "./shared-reads.ts";

const MINUTE_MS = 60_000;
const telemetry = new Telemetry({ level: "silent" });
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

/** A real store with ten windows of twenty lanes and two sources, and what it was asked. */
async function filled() {
  const options = storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" });
  const store = makeStore(options, { clock: systemClock, telemetry, environment: {} });
  await store.open();
  stores.push(store);
  const windows: WindowRow[] = [];
  for (let start = 0; start < 10; start++)
    for (let lane = 0; lane < 20; lane++)
      for (const source of ["web", "app"]) windows.push(windowRow(`lane-${lane}`, source, start));
  await store.writeWindows(windows, []);
  const asked: RowFilter[] = [];
  const reader = {
    readWindows: (filter: RowFilter) => {
      asked.push(filter);
      return store.readWindows(filter);
    },
    readProfiles: store.readProfiles.bind(store),
    readVerdicts: store.readVerdicts.bind(store),
  };
  return { store, asked, reader };
}

function windowRow(swimlane: string, source: string, start: number): WindowRow {
  const counts = { recordCount: start, profileCount: 0, segmentCount: 1 };
  return {
    swimlane,
    source,
    windowStartMs: start * MINUTE_MS,
    windowSizeMs: MINUTE_MS,
    revision: 1,
    mergedAtMs: 0,
    ...counts,
  };
}

const span = (lane: number, from: number, to: number, source = "web") => ({
  swimlane: `lane-${lane}`,
  source,
  windowSizeMs: MINUTE_MS,
  sinceMs: from * MINUTE_MS,
  untilMs: to * MINUTE_MS,
  limit: 100,
});

test("lanes that ask in the same moment get what each would get alone, from one query", async () => {
  const { store, asked, reader } = await filled();
  const { readWindows } = sharedReads(reader);
  const spans = Array.from({ length: 20 }, (_, lane) =>
    span(lane, 4 + (lane % 2), 6 + (lane % 2), lane % 3 ? "web" : "app"),
  );
  const answers = await Promise.all(spans.map((each) => readWindows(each)));
  expect(asked).toHaveLength(1);
  expect(answers).toEqual(await Promise.all(spans.map((each) => store.readWindows(each))));
  expect(answers.every((rows) => rows.length === 2)).toBe(true);
});

test("who asks while a query is under way comes with the next", async () => {
  const { asked, reader } = await filled();
  const { readWindows } = sharedReads(reader);
  const first = readWindows(span(0, 4, 5));
  await null;
  await null;
  const others = [1, 2, 3].map((lane) => readWindows(span(lane, 4, 5)));
  expect((await Promise.all([first, ...others])).flat()).toHaveLength(4);
  expect(asked).toHaveLength(2);
});

test("a lane far behind the others is read by itself, as is a filter of another kind", async () => {
  const { asked, reader } = await filled();
  const { readWindows } = sharedReads(reader);
  const answers = await Promise.all([
    readWindows(span(0, 8, 9)),
    readWindows(span(1, 0, 9)),
    readWindows({ swimlane: "lane-2", descending: true, limit: 1 }),
    readWindows(span(3, 1, 2)),
  ]);
  expect(answers.map((rows) => rows.length)).toEqual([1, 9, 1, 1]);
  expect(asked).toHaveLength(4);
});

test("a query that fails fails for everyone who waits for it, and the next is asked again", async () => {
  const { reader } = await filled();
  let fails = true;
  const { readWindows } = sharedReads({
    ...reader,
    readWindows: async (filter) => {
      if (fails) throw new Error("the store is away");
      return await reader.readWindows(filter);
    },
  });
  const asked = [0, 1, 2].map((lane) => readWindows(span(lane, 4, 5)));
  for (const { status } of await Promise.allSettled(asked)) expect(status).toBe("rejected");
  fails = false;
  expect(await readWindows(span(0, 4, 5))).toHaveLength(1);
});
