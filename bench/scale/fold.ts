/**
 * One size of bench:scale, as a process of its own: records of so many lanes and features through the product's own
 * decoder and folding, window after window, each window's segments sealed and let go as they are once the store has them.
 * Prints one line of JSON.
 */
import { parseConfig } from "../../src/app/config/load.ts";
import { foldingShape, laneWindows } from "../../src/app/lane-settings.ts";
import { seededRandom } from "../../src/base/random.ts";
import { ByteDecoder } from "../../src/decode/bytes/byte-decoder.ts";
import { DecodedRecord } from "../../src/decode/record.ts";
import { ShapeRegistry } from "../../src/decode/shapes.ts";
import { PartitionFolder } from "../../src/segment/partition-folder.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";

const [lanes, features, partitions, recordsPerWindow, seconds] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const WINDOW_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 1);
/** Where the digits of the time begin: {"ts":1767225600000. */
const TIME_AT = 6;

const config = parseConfig(
  "lanes: { defaults: { window: 1m, allowedLateness: 0.001s, lateMax: 9999d, futureMax: 9999d } }",
  {},
);
const { bytesMax, offsetsMax, seriesMax } = config.segments;
const context = {
  decoder: new ByteDecoder(config.mapping, new ShapeRegistry(), config.limits),
  shape: foldingShape(config, config.mapping),
  lanes: laneWindows(config),
  arena: new ProfileArena({ k: config.profile.k }),
  bounds: { bytesMax, offsetsMax, seriesMax },
  record: new DecodedRecord(),
  asOfMs: START_MS,
  emptyStartMs: () => START_MS,
  onRejected: ({ outcome, detail }: { readonly outcome: string; readonly detail: string }) => {
    throw new Error(`a record of the bench is ${outcome}: ${detail}`);
  },
};
const folders = Array.from({ length: partitions }, (_, i) => new PartitionFolder("bench", i, 0, context));
const records = makeRecords();
const batch = { bytes: [] as Buffer[], at: 0 };

let folded = 0;
let sealedRows = 0;
let cpuUs = 0;
const rssMb: number[] = [];
const openRssMb: number[] = [];
const endMs = performance.now() + seconds * 1_000;
const rssBeforeMb = rss();
for (let window = 0; window < 3 || performance.now() < endMs; window++) foldWindow(window);
console.log(
  JSON.stringify({
    lanes,
    features,
    partitions,
    windows: rssMb.length,
    records: folded,
    values: folded * features,
    series: lanes * features * partitions,
    cpu_us_per_record: Number((cpuUs / folded).toFixed(2)),
    cpu_ns_per_value: Math.round((cpuUs * 1_000) / (folded * features)),
    rss_before_mb: rssBeforeMb,
    rss_open_mb: Math.max(...openRssMb),
    rss_max_mb: Math.max(...rssMb, ...openRssMb),
    rss_first_third_mb: mean(rssMb.slice(1, Math.max(2, Math.ceil(rssMb.length / 3)))),
    rss_last_third_mb: mean(rssMb.slice(-Math.max(1, Math.floor(rssMb.length / 3)))),
    rows_sealed: sealedRows,
  }),
);

/** Every lane gets `recordsPerWindow` records in every partition, in event-time order. */
function foldWindow(window: number): void {
  const startMs = START_MS + window * WINDOW_MS;
  const before = process.cpuUsage();
  for (let round = 0; round < recordsPerWindow; round++) {
    const ts = startMs + Math.floor((round / recordsPerWindow) * WINDOW_MS);
    for (const folder of folders) foldRound(folder, ts, window * 7 + round);
  }
  openRssMb.push(rss());
  for (const folder of folders) {
    folder.cut();
    letGo(folder);
  }
  const { user, system } = process.cpuUsage(before);
  cpuUs += user + system;
  if (typeof globalThis.gc === "function") globalThis.gc();
  rssMb.push(rss());
}

function foldRound(folder: PartitionFolder, ts: number, turn: number): void {
  const digits = String(ts);
  const startOffset = folder.endOffset;
  batch.bytes = records[turn % records.length]!;
  folder.fold({
    startOffset,
    endOffset: startOffset + lanes,
    forEach: (visit) => {
      for (let lane = 0; lane < lanes; lane++) {
        const bytes = batch.bytes[lane]!;
        bytes.write(digits, TIME_AT, "latin1");
        visit(startOffset + lane, ts, bytes, 0, bytes.length);
      }
    },
  });
  folded += lanes;
  letGo(folder);
}

/** As the writer takes them: each as soon as it is sealed. */
function letGo(folder: PartitionFolder): void {
  for (const { profiles } of folder.takeSealed()) sealedRows += profiles.length;
}

/** A few records of every lane; only the time is written anew, so that making records is not what is measured. */
function makeRecords(): Buffer[][] {
  const random = seededRandom(1);
  const variants = Math.max(2, Math.min(8, Math.floor(4_000 / lanes)));
  return Array.from({ length: variants }, () =>
    Array.from({ length: lanes }, (_, lane) => {
      const values: Record<string, number> = {};
      for (let f = 0; f < features; f++) values[`feature_${f}`] = Math.round(random() * 1e6) / 1e3;
      return Buffer.from(
        JSON.stringify({ ts: START_MS, swimlane: `lane-${lane}`, source: "bench", features: values }),
      );
    }),
  );
}

function rss(): number {
  return Math.round(process.memoryUsage.rss() / 1_048_576);
}

function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}
