import { useMemo } from "preact/hooks";
import type { IncidentDetailAnswer, WitnessAnswer } from "../../incidents/wire-incidents.ts";
import type { SeriesAnswer } from "../../wire.ts";
import { Chart, type ChartLine } from "./chart.tsx";
import type { ChartMark } from "./chart-marks.ts";
import { type Columns, withGaps } from "./columns.ts";
import { formatCount, formatNumber, formatShare } from "./format.ts";
import { FeatureName } from "./names.tsx";
import { rangeAround } from "./time-range.ts";
import { useFeed, useSeries } from "./use-feed.ts";

const LINES: readonly ChartLine[] = [
  { label: "upper", color: "reference", width: 0 },
  { label: "lower", color: "reference", width: 0 },
  { label: "value", color: "series", width: 1.6 },
];
const BANDS = [[1, 2, 0.18]] as const;

/** The worst feature of the incident, before, during and after. */
export function IncidentChart({ incident }: { readonly incident: IncidentDetailAnswer }) {
  const witness = incident.story.witnesses[0];
  return witness === undefined ? null : <WitnessChart incident={incident} witness={witness} />;
}

function WitnessChart({
  incident,
  witness,
}: {
  readonly incident: IncidentDetailAnswer;
  readonly witness: WitnessAnswer;
}) {
  const range = rangeAround(incident, witness.windowEndMs - witness.windowStartMs);
  const feed = useFeed({
    swimlane: incident.swimlane,
    source: witness.source,
    range,
    firstMs: 0,
    points: 400,
  });
  const { series, about, version } = useSeries(feed, witness.feature);
  // `version` says when the series changed
  const drawn = useMemo(() => {
    if (series === undefined || about === undefined) return undefined;
    const shown = columnsOf(series, witness);
    return { ...shown, data: withGaps(series.startMs, shown.columns, about.stepMs) };
  }, [series, version]);
  const marks = useMemo<readonly ChartMark[]>(
    () => [
      { startMs: incident.startMs, endMs: incident.endMs, look: "incident" },
      ...(series?.marks ?? []).map(
        (mark): ChartMark => ({ startMs: mark.startMs, endMs: mark.endMs, look: mark.severity }),
      ),
    ],
    [series, incident.startMs, incident.endMs],
  );
  if (drawn === undefined || about === undefined || series === undefined || series.startMs.length === 0)
    return null;
  return (
    <section>
      <h3>
        <FeatureName>{witness.feature}</FeatureName> <span class="unit">{drawn.what}</span>
      </h3>
      <Chart
        label="Before, during and after the incident"
        data={drawn.data}
        lines={LINES}
        bands={BANDS}
        marks={marks}
        sinceMs={about.sinceMs}
        untilMs={about.untilMs}
        height={170}
        fromZero={drawn.fromZero}
        topMin={drawn.format === formatShare ? 0.05 : 0}
        format={drawn.format}
      />
    </section>
  );
}

interface Shown {
  readonly what: string;
  readonly columns: Columns;
  readonly fromZero: boolean;
  readonly format: (value: number) => string;
}

/** What the detector looked at, so that the break in the picture is the one it speaks of. */
function columnsOf(series: SeriesAnswer, witness: WitnessAnswer): Shown {
  const none = series.startMs.map(() => null);
  if (witness.feature === "*") {
    const columns = [series.upper, series.lower, series.count];
    return { what: "by window, with the expected band", columns, fromZero: true, format: formatCount };
  }
  if (witness.detector.includes("null")) {
    return {
      what: "share of null",
      columns: [none, none, series.nullShare],
      fromZero: true,
      format: formatShare,
    };
  }
  if (series.expected.some((value) => value !== null)) {
    return {
      what: "mean, with the expected band",
      columns: [series.upper, series.lower, series.mean],
      fromZero: false,
      format: formatNumber,
    };
  }
  if (series.p50.some((value) => value !== null)) {
    return {
      what: "median, and 5 % to 95 %",
      columns: [series.p95, series.p05, series.p50],
      fromZero: false,
      format: formatNumber,
    };
  }
  const moved = movedCategory(series, witness);
  return {
    what: `share of ${moved?.name ?? "null"}`,
    columns: [none, none, moved?.share ?? series.nullShare],
    fromZero: true,
    format: formatShare,
  };
}

/** The category that contributed most and is among those kept; else the most frequent. */
function movedCategory(
  series: SeriesAnswer,
  witness: WitnessAnswer,
): SeriesAnswer["categories"][number] | undefined {
  const parts = [...witness.parts].sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const known = parts.map(({ label }) => series.categories.find(({ name }) => name === label));
  return known.find((category) => category !== undefined) ?? series.categories[0];
}
