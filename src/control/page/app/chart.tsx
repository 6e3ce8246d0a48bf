import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { moveByKey } from "./chart-keys.ts";
import { type ChartMark, drawMarks, translucent } from "./chart-marks.ts";
import { type Theme, useTheme } from "./theme.ts";

export interface ChartProps {
  /** Says what the chart shows, for those who do not see it. */
  readonly label: string;
  readonly data: uPlot.AlignedData;
  /** What to draw; a new object only when the kind of chart changes. */
  readonly lines: readonly ChartLine[];
  readonly bands?: readonly (readonly [upper: number, lower: number, alpha: number])[];
  readonly marks: readonly ChartMark[];
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly height: number;
  readonly fromZero: boolean;
  /** Top of the scale, whatever the values. */
  readonly upTo?: number;
  /** Least top of a scale from zero, so that a hair's breadth does not fill the chart. */
  readonly topMin?: number;
  readonly format: (value: number) => string;
  /** Index of the point under the cursor, or null. */
  readonly onPoint?: (index: number | null) => void;
  readonly onPick?: (startMs: number) => void;
  readonly onZoom?: (sinceMs: number, untilMs: number) => void;
}

export interface ChartLine {
  readonly label: string;
  readonly color: keyof Theme;
  readonly width: number;
  readonly dash?: readonly number[];
  readonly fill?: number;
}

/** Smaller drags are clicks of an unsteady hand. */
const DRAG_PIXELS_MIN = 6;

export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const theme = useTheme();
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (box.current !== null) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const shape = JSON.stringify([props.lines, props.bands, props.height, props.fromZero, props.upTo]);
  // Made anew only when its shape, size or colours change
  useEffect(() => {
    if (box.current === null || width === 0) return;
    const made = new uPlot(
      optionsOf(latest, theme, width),
      latest.current.data as uPlot.AlignedData,
      box.current,
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [shape, width, theme]);

  useEffect(() => {
    const { current } = plot;
    if (current === null) return;
    current.setData(props.data as uPlot.AlignedData, false);
    current.setScale("x", { min: props.sinceMs / 1_000, max: props.untilMs / 1_000 });
  }, [props.data, props.sinceMs, props.untilMs]);

  // Marks are drawn by the plot itself
  useEffect(() => plot.current?.redraw(false, false), [props.marks]);

  return (
    <div
      class="chart"
      ref={box}
      role="img"
      aria-label={`${props.label}. Arrow keys move along time${props.onPick ? ", Enter picks a window" : ""}.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the cursor, Enter picks
      tabIndex={0}
      style={{ minHeight: `${props.height}px` }}
      onKeyDown={(event) => moveByKey(event, plot.current, (index) => pick(latest.current, index))}
    />
  );
}

function pick(props: ChartProps, index: number): void {
  const seconds = props.data[0][index];
  if (seconds !== undefined) props.onPick?.(Math.round(seconds * 1_000));
}

function optionsOf(latest: { readonly current: ChartProps }, theme: Theme, width: number): uPlot.Options {
  const { lines, bands = [], height } = latest.current;
  return {
    width,
    height,
    padding: [8, 18, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC"),
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 }, y: false },
    scales: {
      x: { time: true, range: () => [latest.current.sinceMs / 1_000, latest.current.untilMs / 1_000] },
      y: { range: (_, min, max) => valueRange(min, max, latest.current) },
    },
    axes: [
      {
        stroke: theme.muted,
        grid: { stroke: theme.grid, width: 1 },
        ticks: { show: false },
        values: TIME_VALUES,
        font: FONT,
        size: 36,
        gap: 4,
      },
      {
        stroke: theme.muted,
        grid: { stroke: theme.grid, width: 1 },
        ticks: { show: false },
        values: (_, values) => values.map((value) => latest.current.format(value)),
        font: FONT,
        size: 62,
        gap: 4,
      },
    ],
    series: [
      {},
      ...lines.map(
        (line): uPlot.Series => ({
          label: line.label,
          stroke: line.width === 0 ? "transparent" : theme[line.color],
          width: line.width,
          ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
          ...(line.fill === undefined ? {} : { fill: translucent(theme[line.color], line.fill) }),
          points: { show: line.width === 0 ? false : (_u, _s, from, to) => to - from < 3, size: 5 },
          spanGaps: false,
        }),
      ),
    ],
    bands: bands.map(([upper, lower, alpha]) => ({
      series: [upper, lower],
      fill: translucent(theme[lines[upper - 1]!.color], alpha),
    })),
    hooks: {
      drawClear: [(u) => drawMarks(u, latest.current.marks, theme)],
      setCursor: [(u) => latest.current.onPoint?.(u.cursor.idx ?? null)],
      setSelect: [(u) => zoom(u, latest.current)],
      ready: [(u) => listenForClicks(u, (index) => pick(latest.current, index))],
    },
  };
}

const FONT = "11px system-ui, sans-serif";

/** 24 hours a day; the date below where it changes. */
const TIME_VALUES: uPlot.Axis.Values = [
  [3600 * 24 * 365, "{YYYY}", null, null, null, null, null, null, 1],
  [3600 * 24 * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [3600 * 24, "{MMM} {D}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{MMM} {D}, {YYYY}", null, "\n{MMM} {D}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{MMM} {D}, {YYYY}", null, "\n{MMM} {D}", null, null, null, 1],
  [0.001, ":{ss}.{fff}", "\n{HH}:{mm}", null, "\n{MMM} {D}", null, null, null, 1],
];

function valueRange(
  min: number | null,
  max: number | null,
  { fromZero, upTo, topMin = 0 }: ChartProps,
): [number, number] {
  if (min === null || max === null || !Number.isFinite(min)) return [0, upTo ?? (topMin || 1)];
  if (fromZero) return [0, upTo ?? (Math.max(topMin, max * 1.08) || 1)];
  const pad = max > min ? (max - min) * 0.08 : Math.max(1e-9, Math.abs(max) * 0.1);
  return [min - pad, max + pad];
}

function zoom(u: uPlot, { onZoom }: ChartProps): void {
  if (u.select.width < DRAG_PIXELS_MIN) return;
  const from = u.posToVal(u.select.left, "x");
  const to = u.posToVal(u.select.left + u.select.width, "x");
  u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  onZoom?.(Math.round(from * 1_000), Math.round(to * 1_000));
}

function listenForClicks(u: uPlot, picked: (index: number) => void): void {
  let downX = 0;
  u.over.addEventListener("mousedown", (event) => {
    downX = event.clientX;
  });
  u.over.addEventListener("click", (event) => {
    if (
      Math.abs(event.clientX - downX) < DRAG_PIXELS_MIN &&
      u.cursor.idx !== null &&
      u.cursor.idx !== undefined
    )
      picked(u.cursor.idx);
  });
}
