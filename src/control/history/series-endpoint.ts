import { z } from "zod";
import type { Answer } from "../../../detectors/contract.ts";
import { formatDuration } from "../../base/duration.ts";
import type { LaneRow, VerdictRow } from "../../store/contract.ts";
import { RequestRefused } from "../api-failure.ts";
import { count, moment, readSpan, readWindowSize, several, source, swimlane, windowSize } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import type { SeriesAnswer, SeriesListAnswer } from "../wire.ts";
import { QUERY_ROWS_MAX, readPoints } from "./lean-reads.ts";
import { featureSeries, stepFor, volumeSeries } from "./series.ts";

const FEATURES_MAX = 50;
/** Windows of the volume read for one answer; of more, the newest. */
const WINDOWS_READ_MAX = 50_000;
const VERDICTS_MAX = 50_000;

const query = z.strictObject({
  swimlane,
  source: source.default(""),
  feature: several(
    FEATURES_MAX,
    `One or up to ${FEATURES_MAX} features; "*" for the records as a whole.`,
  ).default(["*"]),
  since: moment.default("1h"),
  until: moment.default("now"),
  window: windowSize
    .optional()
    .describe("Size of the stored windows; when left out, the smallest that keeps the points few enough."),
  step: windowSize
    .optional()
    .describe("Width of a point, a multiple of the window; chosen by `points` when left out."),
  points: count(5_000, 500, "Most points in a series; neighbouring windows share one where there are more."),
});
type SeriesAsked = z.output<typeof query>;

export function seriesEndpoint(knowledge: Knowledge): Endpoint {
  return endpoint({
    path: "/v1/series",
    summary:
      "Features over time: counts, null share, mean, quantiles, top categories, what was expected, and anomalies as marks.",
    answers: "SeriesListAnswer",
    query,
    run: ({ query: asked }) => answerSeries(knowledge, asked),
  });
}

interface Reading {
  readonly swimlane: string;
  readonly source: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly windowSizeMs: number;
  readonly stepMs: number;
}

async function answerSeries(knowledge: Knowledge, asked: SeriesAsked): Promise<SeriesListAnswer> {
  const span = readSpan(asked, knowledge.eventNowMs());
  const windowSizeMs = await chooseWindowSize(knowledge, asked, span.untilMs - span.sinceMs);
  const stepMs =
    readStep(asked.step, windowSizeMs) ?? stepFor(span.untilMs - span.sinceMs, windowSizeMs, asked.points);
  const sinceMs = Math.floor(span.sinceMs / stepMs) * stepMs;
  const reading = {
    swimlane: asked.swimlane,
    source: asked.source,
    sinceMs,
    untilMs: span.untilMs,
    windowSizeMs,
    stepMs,
  };
  const series: SeriesAnswer[] = [];
  let truncated = false;
  for (const feature of asked.feature) {
    const read =
      feature === "*" ? await readVolume(knowledge, reading) : await readFeature(knowledge, reading, feature);
    series.push(read.series);
    truncated ||= read.truncated;
  }
  return { ...reading, truncated, series };
}

function readStep(text: string | undefined, windowSizeMs: number): number | undefined {
  if (text === undefined) return undefined;
  const stepMs = readWindowSize(text, windowSizeMs, "step");
  if (stepMs % windowSizeMs === 0) return stepMs;
  const detail = `"step" (${text}) is no multiple of the window (${formatDuration(windowSizeMs)})`;
  throw new RequestRefused(400, "REQUEST_INVALID", detail, "Leave it out, or give whole windows.");
}

/** Of the sizes that the lane's windows are stored in, the smallest that needs no merging; else the largest. */
async function chooseWindowSize(knowledge: Knowledge, asked: SeriesAsked, spanMs: number): Promise<number> {
  const usualMs = knowledge.settingsOf(asked.swimlane).windowSizeMs;
  if (asked.window !== undefined) return readWindowSize(asked.window, usualMs);
  const lanes: readonly LaneRow[] = await knowledge.board.rows();
  const ofLane = lanes.filter((lane) => lane.swimlane === asked.swimlane);
  if (ofLane.length === 0) throw unknownLane(asked.swimlane);
  const sizes = [...new Set(ofLane.map((lane) => lane.windowSizeMs))].sort((a, b) => a - b);
  return sizes.find((size) => spanMs / size <= asked.points) ?? sizes.at(-1) ?? usualMs;
}

async function readVolume(
  knowledge: Knowledge,
  reading: Reading,
): Promise<{ series: SeriesAnswer; truncated: boolean }> {
  const { stepMs, ...span } = reading;
  const filter = { ...span, descending: true };
  const windows = await knowledge.options.store.readWindows({ ...filter, limit: WINDOWS_READ_MAX });
  const verdicts = await readVerdicts(knowledge, reading, "*");
  return { series: volumeSeries(windows, verdicts, stepMs), truncated: windows.length >= WINDOWS_READ_MAX };
}

async function readFeature(
  knowledge: Knowledge,
  reading: Reading,
  feature: string,
): Promise<{ series: SeriesAnswer; truncated: boolean }> {
  const points = await readPoints(knowledge.tables, { ...reading, feature }, reading);
  // What was expected of each window is kept for series only: of a feature's verdicts no more than the anomalies are drawn.
  const judgedAsSeries = points.some((point) => point.kind === "metric");
  const verdicts = await readVerdicts(
    knowledge,
    reading,
    feature,
    judgedAsSeries ? {} : { answer: "anomalous" },
  );
  return {
    series: featureSeries(feature, points, verdicts, reading.stepMs),
    truncated: points.length >= QUERY_ROWS_MAX,
  };
}

async function readVerdicts(
  knowledge: Knowledge,
  reading: Reading,
  feature: string,
  only: { readonly answer?: Answer } = {},
): Promise<readonly VerdictRow[]> {
  const { stepMs: _, ...span } = reading;
  return knowledge.options.store.readVerdicts({
    ...span,
    ...only,
    feature,
    descending: true,
    limit: VERDICTS_MAX,
  });
}

function unknownLane(lane: string): RequestRefused {
  return new RequestRefused(
    404,
    "LANE_UNKNOWN",
    `No window of lane "${lane}" is stored.`,
    "GET /v1/lanes lists the lanes.",
  );
}
