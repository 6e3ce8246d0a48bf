import { useMemo, useState } from "preact/hooks";
import type { LaneAnswer, SeriesAnswer } from "../../wire.ts";
import { AnomalyWords, anomalySpans } from "./anomaly-marks.tsx";
import { Chart, type ChartLine } from "./chart.tsx";
import type { ChartMark } from "./chart-marks.ts";
import { withGaps } from "./columns.ts";
import { formatCount, formatExact, formatSize, formatSpan } from "./format.ts";
import { useObservable } from "./observable.ts";
import { goTo, linkTo, route } from "./route.ts";
import type { SeriesFeed } from "./series-feed.ts";
import { Empty, Failure, Loading } from "./states.tsx";
import { rangeLabel } from "./time-range.ts";
import { useRange, useSeries } from "./use-feed.ts";

/** Upper and lower first: they carry the band, and the counts are drawn over it. */
const LINES: readonly ChartLine[] = [
  { label: "upper limit", color: "reference", width: 0 },
  { label: "lower limit", color: "reference", width: 0 },
  { label: "expected", color: "reference", width: 1, dash: [4, 4] },
  { label: "records", color: "series", width: 1.6 },
];
const BANDS = [[1, 2, 0.16]] as const;

interface VolumeProps {
  readonly feed: SeriesFeed;
  readonly lane: LaneAnswer;
  readonly source: string;
}

export function VolumeChart({ feed, lane, source }: VolumeProps) {
  const { series, about, error, version } = useSeries(feed, "*");
  const { place } = useObservable(route);
  const range = useRange(lane);
  const [index, setIndex] = useState<number | null>(null);
  // `version` says when the series changed
  const data = useMemo(
    () =>
      series === undefined
        ? undefined
        : withGaps(
            series.startMs,
            [
              filled(series.upper, series),
              filled(series.lower, series),
              filled(series.expected, series),
              series.count,
            ],
            about?.stepMs ?? 0,
          ),
    [series, version],
  );
  const marks = useMemo(() => marksOf(series, lane), [series, lane]);
  if (series === undefined || about === undefined || data === undefined) {
    return error === undefined ? <Loading what="the volume" /> : <Failure error={error} />;
  }
  const sum = series.count.reduce<number>((total, count) => total + (count ?? 0), 0);
  return (
    <section class="panel" aria-label="Volume">
      <header class="panel-head">
        <h2>Records</h2>
        <p class="hint">
          {formatExact(sum)} in the {rangeLabel(range)} · a point is {formatSize(about.stepMs)}
          {about.truncated && " · only the newest part could be read"}
        </p>
        {range.kind === "span" && (
          <a class="button" href={linkTo(place, { kind: "usual" })}>
            Back to live
          </a>
        )}
      </header>
      {series.startMs.length === 0 ? (
        <NothingHere lane={lane} source={source} />
      ) : (
        <>
          <Chart
            label={`Records of ${lane.swimlane} by window, with the expected band`}
            data={data}
            lines={LINES}
            bands={BANDS}
            marks={marks}
            sinceMs={about.sinceMs}
            untilMs={about.untilMs}
            height={220}
            fromZero
            format={formatCount}
            onPoint={setIndex}
            onZoom={(sinceMs, untilMs) => goTo(place, { kind: "span", sinceMs, untilMs })}
          />
          <Readout series={series} data={data} index={index} stepMs={about.stepMs} />
        </>
      )}
    </section>
  );
}

/** A column that no verdict filled in is empty, not missing. */
function filled(column: SeriesAnswer["count"], series: SeriesAnswer): SeriesAnswer["count"] {
  return column.length > 0 ? column : series.startMs.map(() => null);
}

function marksOf(series: SeriesAnswer | undefined, lane: LaneAnswer): readonly ChartMark[] {
  const incidents = lane.incidents.map(
    (incident): ChartMark => ({
      startMs: incident.startMs,
      endMs: Number.MAX_SAFE_INTEGER,
      look: "incident",
    }),
  );
  return [...incidents, ...anomalySpans(series?.marks ?? [])];
}

interface ReadoutProps {
  readonly series: SeriesAnswer;
  readonly data: readonly (readonly (number | null)[])[];
  readonly index: number | null;
  readonly stepMs: number;
}

/** The numbers under the cursor in words; of the newest window while there is none. */
function Readout({ series, data, index, stepMs }: ReadoutProps) {
  const at = index ?? (data[0]?.length ?? 1) - 1;
  const startMs = Math.round((data[0]?.[at] ?? 0) * 1_000);
  const [upper, lower, expected, count] = [1, 2, 3, 4].map((column) => data[column]?.[at] ?? null);
  return (
    <p class="readout" aria-live="off">
      <span class="unit">{formatSpan(startMs, startMs + stepMs)}</span>
      <b>{count === null || count === undefined ? "no window" : `${formatExact(count)} records`}</b>
      {expected !== null && expected !== undefined && <span>expected {formatCount(expected)}</span>}
      {(lower ?? upper) !== null && (
        <span class="unit">
          limits {lower === null || lower === undefined ? "none" : formatCount(lower)} to{" "}
          {upper === null || upper === undefined ? "none" : formatCount(upper)}
        </span>
      )}
      <AnomalyWords marks={series.marks} startMs={startMs} stepMs={stepMs} />
    </p>
  );
}

function NothingHere({ lane, source }: { readonly lane: LaneAnswer; readonly source: string }) {
  const lastMs = lane.sources.find((entry) => entry.source === source)?.lastWindowMs ?? lane.lastWindowMs;
  if (lastMs === null || lastMs === undefined) return <Empty title="No window in this range." />;
  const untilMs = lastMs + lane.windowSizeMs;
  const range = { kind: "span", sinceMs: untilMs - 60 * lane.windowSizeMs, untilMs } as const;
  return (
    <Empty title="No window in this range.">
      <p>
        The newest is {formatSpan(lastMs, untilMs)}.{" "}
        <a href={linkTo({ view: "lane", swimlane: lane.swimlane, source }, range)}>
          Show the windows before it
        </a>
      </p>
    </Empty>
  );
}
