import type { Maybe, SeriesAnswer } from "../../wire.ts";
import { stacked } from "./columns.ts";

const WIDTH = 240;
const HEIGHT = 64;
/** Strip below for the share of nulls. */
const NULLS_HEIGHT = 12;
const CATEGORIES_DRAWN = 6;

interface MiniProps {
  readonly series: SeriesAnswer;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly stepMs: number;
}

/** A feature at a glance: quantile bands or stacked categories, nulls below, anomalies as marks on top. */
export function MiniChart({ series, sinceMs, untilMs, stepMs }: MiniProps) {
  const x = (ms: number) => ((ms - sinceMs) / (untilMs - sinceMs)) * WIDTH;
  const isNumeric = series.p50.some((value) => value !== null);
  const gaps = { startMs: series.startMs, stepMs, x };
  return (
    <svg
      class="mini"
      viewBox={`0 0 ${WIDTH} ${HEIGHT + NULLS_HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {series.marks.map((mark) => (
        <rect
          key={`${mark.startMs}|${mark.detector}`}
          class={`mini-mark mini-mark-${mark.severity}`}
          x={x(mark.startMs)}
          width={Math.max(1.5, x(mark.endMs) - x(mark.startMs))}
          y="0"
          height={HEIGHT}
        />
      ))}
      {isNumeric ? <Bands series={series} gaps={gaps} /> : <Categories series={series} gaps={gaps} />}
      <Nulls series={series} gaps={gaps} />
    </svg>
  );
}

interface Gaps {
  readonly startMs: readonly number[];
  readonly stepMs: number;
  readonly x: (ms: number) => number;
}

function Bands({ series, gaps }: { readonly series: SeriesAnswer; readonly gaps: Gaps }) {
  const values = [...series.p05, ...series.p95].filter((value) => value !== null);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high > low ? high - low : Math.max(1, Math.abs(high)) * 0.2;
  const base = high > low ? low : low - span / 2;
  const y = (value: number) => HEIGHT - 3 - ((value - base) / span) * (HEIGHT - 6);
  return (
    <>
      <path class="mini-band" d={areaPath(gaps, series.p95, series.p05, y)} />
      <path class="mini-band" d={areaPath(gaps, series.p75, series.p25, y)} />
      <path class="mini-line" d={linePath(gaps, series.p50, y)} vector-effect="non-scaling-stroke" />
    </>
  );
}

function Categories({ series, gaps }: { readonly series: SeriesAnswer; readonly gaps: Gaps }) {
  const shares = series.categories.slice(0, CATEGORIES_DRAWN).map(({ share }) => share);
  const sums = stacked(shares, series.startMs.length);
  const y = (share: number) => HEIGHT - 2 - share * (HEIGHT - 4);
  const zero = series.startMs.map(() => 0);
  return (
    <>
      {sums.map((upper, i) => (
        <path
          key={series.categories[i]?.name}
          class={`category-${i + 1}`}
          d={areaPath(gaps, upper, sums[i - 1] ?? zero, y)}
        />
      ))}
    </>
  );
}

/** Full height is a tenth of the records, or whatever is more. */
function Nulls({ series, gaps }: { readonly series: SeriesAnswer; readonly gaps: Gaps }) {
  const most = Math.max(0.1, ...series.nullShare.map((share) => share ?? 0));
  const y = (share: number) => HEIGHT + NULLS_HEIGHT - (share / most) * (NULLS_HEIGHT - 1);
  const zero = series.startMs.map(() => 0);
  return <path class="mini-nulls" d={areaPath(gaps, series.nullShare, zero, y)} />;
}

function linePath(
  { startMs, stepMs, x }: Gaps,
  column: readonly Maybe[],
  y: (value: number) => number,
): string {
  let path = "";
  let open = false;
  startMs.forEach((ms, i) => {
    const value = column[i] ?? null;
    if (value === null) {
      open = false;
      return;
    }
    const joined = open && ms - startMs[i - 1]! <= 1.5 * stepMs;
    path += `${joined ? "L" : "M"}${x(ms).toFixed(1)} ${y(value).toFixed(1)}`;
    open = true;
  });
  return path;
}

/** The area between two columns, one closed piece for each run without a gap. */
function areaPath(
  { startMs, stepMs, x }: Gaps,
  upper: readonly Maybe[],
  lower: readonly Maybe[],
  y: (value: number) => number,
): string {
  let path = "";
  let run: number[] = [];
  const close = () => {
    if (run.length > 0) {
      const point = (column: readonly Maybe[]) => (i: number) =>
        `${x(startMs[i]!).toFixed(1)} ${y(column[i]!).toFixed(1)}`;
      path += `M${run.map(point(upper)).join("L")}L${run.toReversed().map(point(lower)).join("L")}Z`;
    }
    run = [];
  };
  startMs.forEach((ms, i) => {
    const known = (upper[i] ?? null) !== null && (lower[i] ?? null) !== null;
    if (!known || (run.length > 0 && ms - startMs[run.at(-1)!]! > 1.5 * stepMs)) close();
    if (known) run.push(i);
  });
  close();
  return path;
}
