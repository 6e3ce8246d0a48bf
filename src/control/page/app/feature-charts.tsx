import { useMemo, useState } from "preact/hooks";
import type { SeriesAnswer, SeriesListAnswer } from "../../wire.ts";
import { AnomalyWords, anomalySpans } from "./anomaly-marks.tsx";
import { Chart, type ChartLine } from "./chart.tsx";
import type { ChartMark } from "./chart-marks.ts";
import { type Columns, stacked, withGaps } from "./columns.ts";
import { formatCount, formatExact, formatNumber, formatShare, formatSize, formatSpan } from "./format.ts";
import { Name } from "./names.tsx";
import { useObservable } from "./observable.ts";
import { goTo, linkTo, route } from "./route.ts";
import { CATEGORY_COLORS } from "./theme.ts";
import { type Range, rangeLabel } from "./time-range.ts";

const QUANTILE_LINES: readonly ChartLine[] = [
  { label: "95 %", color: "series", width: 0 },
  { label: "5 %", color: "series", width: 0 },
  { label: "75 %", color: "series", width: 0 },
  { label: "25 %", color: "series", width: 0 },
  { label: "median", color: "series", width: 1.8 },
];
const QUANTILE_BANDS = [
  [1, 2, 0.16],
  [3, 4, 0.24],
] as const;
const METRIC_LINES: readonly ChartLine[] = [
  { label: "upper limit", color: "reference", width: 0 },
  { label: "lower limit", color: "reference", width: 0 },
  { label: "expected", color: "reference", width: 1, dash: [4, 4] },
  { label: "mean", color: "series", width: 1.6 },
];
const METRIC_BANDS = [[1, 2, 0.16]] as const;
const NULL_LINES: readonly ChartLine[] = [{ label: "null", color: "warn", width: 1.4, fill: 0.14 }];
const COUNT_LINES: readonly ChartLine[] = [{ label: "records", color: "muted", width: 1.2, fill: 0.1 }];

interface FeatureChartsProps {
  readonly series: SeriesAnswer;
  readonly range: Range;
  readonly about: Omit<SeriesListAnswer, "series">;
  readonly version: number;
  readonly atMs: number | undefined;
  readonly onPick: (startMs: number) => void;
}

interface Kind {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly bands: readonly (readonly [number, number, number])[];
  readonly columns: Columns;
  readonly fromZero: boolean;
  readonly upTo?: number;
  readonly format: (value: number) => string;
}

export function FeatureCharts({ series, range, about, version, atMs, onPick }: FeatureChartsProps) {
  const { place } = useObservable(route);
  const [index, setIndex] = useState<number | null>(null);
  // `version` says when the series changed
  const drawn = useMemo(() => {
    const kind = kindOf(series);
    return {
      kind,
      values: withGaps(series.startMs, kind.columns, about.stepMs),
      nulls: withGaps(series.startMs, [series.nullShare], about.stepMs),
      counts: withGaps(series.startMs, [series.count], about.stepMs),
    };
  }, [series, version]);
  const marks = useMemo(() => marksOf(series, atMs, about.stepMs), [series, atMs, about.stepMs]);
  const shared = {
    marks,
    sinceMs: about.sinceMs,
    untilMs: about.untilMs,
    onPoint: setIndex,
    onPick: (startMs: number) => onPick(windowAt(series, startMs, about)),
    onZoom: (sinceMs: number, untilMs: number) => goTo(place, { kind: "span", sinceMs, untilMs }),
  };
  const { kind } = drawn;
  return (
    <section class="panel" aria-label="Over time">
      <header class="panel-head">
        <h2>{kind.title}</h2>
        <p class="hint">
          {rangeLabel(range)} · a point is {formatSize(about.stepMs)}
          {about.stepMs > about.windowSizeMs && `, ${about.stepMs / about.windowSizeMs} windows averaged`} ·
          click a window to compare it
        </p>
        {range.kind === "span" && (
          <a class="button" href={linkTo(place, { kind: "usual" })}>
            Back to live
          </a>
        )}
      </header>
      <Legend kind={kind} series={series} />
      <Chart
        {...shared}
        label={`${kind.title} of ${series.feature}`}
        data={drawn.values}
        lines={kind.lines}
        bands={kind.bands}
        height={230}
        fromZero={kind.fromZero}
        {...(kind.upTo === undefined ? {} : { upTo: kind.upTo })}
        format={kind.format}
      />
      <Readout series={series} times={drawn.values[0]} index={index} about={about} />
      <div class="side-by-side">
        <div>
          <h3>Null share</h3>
          <Chart
            {...shared}
            label="Share of null values"
            data={drawn.nulls}
            lines={NULL_LINES}
            height={110}
            fromZero
            topMin={0.05}
            format={(value) => formatShare(value)}
          />
        </div>
        <div>
          <h3>Records with this feature</h3>
          <Chart
            {...shared}
            label="Records with this feature"
            data={drawn.counts}
            lines={COUNT_LINES}
            height={110}
            fromZero
            format={formatCount}
          />
        </div>
      </div>
    </section>
  );
}

function kindOf(series: SeriesAnswer): Kind {
  const some = (column: readonly (number | null)[]) => column.some((value) => value !== null);
  if (some(series.expected)) {
    const columns = [series.upper, series.lower, series.expected, series.mean];
    return {
      title: "Mean against what was expected",
      lines: METRIC_LINES,
      bands: METRIC_BANDS,
      columns,
      fromZero: false,
      format: formatNumber,
    };
  }
  if (some(series.p50)) {
    const columns = [series.p95, series.p05, series.p75, series.p25, series.p50];
    return {
      title: "Quantiles",
      lines: QUANTILE_LINES,
      bands: QUANTILE_BANDS,
      columns,
      fromZero: false,
      format: formatNumber,
    };
  }
  const shown = series.categories.slice(0, CATEGORY_COLORS.length);
  const columns = stacked(
    shown.map(({ share }) => share),
    series.startMs.length,
  );
  const lines = shown.map(
    ({ name }, i): ChartLine => ({
      label: name,
      color: CATEGORY_COLORS[i]!,
      width: 1.2,
      ...(i === 0 ? { fill: 0.4 } : {}),
    }),
  );
  const bands = shown.slice(1).map((_, i) => [i + 2, i + 1, 0.4] as const);
  return {
    title: "Most frequent categories, stacked",
    lines,
    bands,
    columns,
    fromZero: true,
    upTo: 1,
    format: (value) => formatShare(value),
  };
}

function Legend({ kind, series }: { readonly kind: Kind; readonly series: SeriesAnswer }) {
  if (kind.lines === QUANTILE_LINES) {
    return (
      <p class="legend">
        <span class="swatch swatch-line" /> median <span class="swatch swatch-inner" /> middle half{" "}
        <span class="swatch swatch-outer" /> 5 % to 95 %
      </p>
    );
  }
  if (kind.lines === METRIC_LINES) {
    return (
      <p class="legend">
        <span class="swatch swatch-line" /> mean <span class="swatch swatch-expected" /> expected, with its
        limits
      </p>
    );
  }
  return (
    <p class="legend">
      {series.categories.slice(0, CATEGORY_COLORS.length).map(({ name }, i) => (
        <span key={name}>
          <span class={`swatch category-${i + 1}`} /> <Name>{name}</Name>
        </span>
      ))}
    </p>
  );
}

interface ReadoutProps {
  readonly series: SeriesAnswer;
  readonly times: readonly number[];
  readonly index: number | null;
  readonly about: Omit<SeriesListAnswer, "series">;
}

function Readout({ series, times, index, about }: ReadoutProps) {
  const startMs = Math.round((times[index ?? times.length - 1] ?? 0) * 1_000);
  const at = series.startMs.indexOf(startMs);
  const value = (column: readonly (number | null)[]) => column[at] ?? null;
  const count = value(series.count);
  return (
    <p class="readout">
      <span class="unit">{formatSpan(startMs, startMs + about.stepMs)}</span>
      <b>{count === null ? "no window" : `${formatExact(count)} values`}</b>
      {value(series.p50) !== null && (
        <span>
          median {formatNumber(value(series.p50))}{" "}
          <span class="unit">
            middle half {formatNumber(value(series.p25))} to {formatNumber(value(series.p75))}
          </span>
        </span>
      )}
      {value(series.nullShare) !== null && <span>null {formatShare(value(series.nullShare))}</span>}
      {series.categories.slice(0, 3).map(({ name, share }) => (
        <span key={name}>
          <Name>{name}</Name> {formatShare(value(share))}
        </span>
      ))}
      <AnomalyWords marks={series.marks} startMs={startMs} stepMs={about.stepMs} />
    </p>
  );
}

function marksOf(series: SeriesAnswer, atMs: number | undefined, stepMs: number): readonly ChartMark[] {
  const marks = anomalySpans(series.marks);
  return atMs === undefined ? marks : [...marks, { startMs: atMs, endMs: atMs + stepMs, look: "chosen" }];
}

/** In a point of several windows the anomalous one is what one clicked for. */
function windowAt(series: SeriesAnswer, startMs: number, about: { readonly stepMs: number }): number {
  return (
    series.marks.find((mark) => mark.startMs >= startMs && mark.startMs < startMs + about.stepMs)?.startMs ??
    startMs
  );
}
