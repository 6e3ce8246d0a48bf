/**
 * bench:scale: 1,000 lanes × 100 features in one process: memory, whether it grows, and what a record costs against
 * the number of lanes, features and partitions. Each size is a process of its own. Segments are sealed and let go; the
 * store is not part of it (bench:store).
 *
 *   npm run bench:scale -- [--minutes 1] [--json FILE]
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { writeResult } from "../result.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, json: { type: "string" } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not "${values.minutes}"`);

interface Cell {
  readonly lanes: number;
  readonly features: number;
  readonly partitions: number;
  readonly windows: number;
  readonly records: number;
  readonly series: number;
  readonly cpu_us_per_record: number;
  readonly cpu_ns_per_value: number;
  readonly rss_before_mb: number;
  readonly rss_open_mb: number;
  readonly rss_max_mb: number;
  readonly rss_first_third_mb: number;
  readonly rss_last_third_mb: number;
}

/** lanes, features, partitions */
const SIZES = [
  [10, 10, 1],
  [100, 10, 1],
  [1_000, 10, 1],
  [100, 1, 1],
  [100, 100, 1],
  [250, 100, 1],
  [500, 100, 1],
  [1_000, 100, 1],
  [100, 100, 4],
  [100, 100, 16],
] as const;
const RECORDS_PER_WINDOW = 60;
const CELL_SECONDS = 2;

const cells = SIZES.map(([lanes, features, partitions]) => run(lanes, features, partitions, CELL_SECONDS));
const soak = run(1_000, 100, 1, minutes * 60);
console.log(
  [
    `${RECORDS_PER_WINDOW} records a lane, partition and window; segments sealed and let go`,
    "",
    "  lanes  features  partitions   series   µs/record   ns/value   RSS with all open, MB",
    ...cells.map((cell) =>
      [
        String(cell.lanes).padStart(7),
        String(cell.features).padStart(10),
        String(cell.partitions).padStart(12),
        cell.series.toLocaleString("en").padStart(9),
        cell.cpu_us_per_record.toFixed(2).padStart(12),
        String(cell.cpu_ns_per_value).padStart(11),
        String(cell.rss_open_mb).padStart(24),
      ].join(""),
    ),
    "",
    `1,000 lanes × 100 features for ${minutes} minutes, ${soak.windows} windows, ${soak.records.toLocaleString("en")} records:`,
    `RSS at most ${soak.rss_max_mb} MB; after each window's end ${soak.rss_first_third_mb} MB in the first third, ${soak.rss_last_third_mb} MB in the last`,
    `memory for one more series: ${bytesPerSeries(cells)} bytes (from 25,000 to 100,000 series)`,
  ].join("\n"),
);
writeResult(values.json, "scale", { minutes, bytes_per_series: bytesPerSeries(cells), soak, cells });

/** The slope between a quarter of the series and all of them. */
function bytesPerSeries(all: readonly Cell[]): number {
  const at = (lanes: number) => all.find((cell) => cell.lanes === lanes && cell.features === 100)!;
  const [small, large] = [at(250), at(1_000)];
  return Math.round(((large.rss_open_mb - small.rss_open_mb) * 1_048_576) / (large.series - small.series));
}

function run(lanes: number, features: number, partitions: number, seconds: number): Cell {
  const words = [lanes, features, partitions, RECORDS_PER_WINDOW, seconds].map(String);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--import", "tsx", "bench/scale/fold.ts", ...words],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`bench/scale/fold.ts ${words.join(" ")} ended with ${status}: ${stderr}`);
  console.error(`${lanes} lanes, ${features} features, ${partitions} partitions: done`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Cell;
}
