/** The anomalies of a series: as spans of its chart, and in words for one point of it. */
import type { SeriesAnswer } from "../../wire.ts";
import type { ChartMark } from "./chart-marks.ts";

export function anomalySpans(marks: SeriesAnswer["marks"]): readonly ChartMark[] {
  return marks.map(({ startMs, endMs, severity }) => ({ startMs, endMs, look: severity }));
}

interface AnomalyWordsProps {
  readonly marks: SeriesAnswer["marks"];
  /** The point: its anomalies are those that start within. */
  readonly startMs: number;
  readonly stepMs: number;
}

export function AnomalyWords({ marks, startMs, stepMs }: AnomalyWordsProps) {
  const within = marks.filter((mark) => mark.startMs >= startMs && mark.startMs < startMs + stepMs);
  return within.map((mark) => (
    <span key={`${mark.startMs}|${mark.detector}`} class={`said said-${mark.severity}`}>
      {mark.detector}: {mark.summary}
    </span>
  ));
}
