/**
 * The configuration file, in one folder: what may be said, what it means, what holds when it is not said. The JSON
 * Schema for editors and docs/reference/configuration.md are generated from the descriptions here and in the files of fields beside it.
 */
import { z } from "zod";
import { sqlProblem } from "../../metric/sql-text.ts";
import { notifierPlugins } from "../../notify/index.ts";
import { QUEUES } from "../../queue/index.ts";
import { storeOptionsSchema } from "../../store/index.ts";
import { duration, instant, timeZone } from "./fields.ts";
import { lanes } from "./lane-fields.ts";
import { limit } from "./limit-fields.ts";
import { plugged } from "./plugged.ts";
import { mapping, source } from "./source-fields.ts";

const calendarEvent = z.strictObject({
  name: z.string().min(1),
  from: instant.describe("When it begins; the first time, where it recurs."),
  until: instant.describe("When it is over; the first time, where it recurs."),
  every: z
    .enum(["day", "week", "month", "year"])
    .optional()
    .describe(
      "Recurs for ever, by the wall clock: on the same weekday, day of the month, or day of the year (the last day " +
        "of a month that has no such day). Left out, it happens once.",
    ),
  timeZone: timeZone
    .optional()
    .describe("By whose wall clock it recurs. Left out, that of `lanes.defaults`."),
  swimlanes: z.string().default("*").describe("Pattern over lane names."),
});

const metric = z.strictObject({
  aggregate: z
    .enum(["sum", "mean", "last", "max"])
    .default("mean")
    .describe("How several values in one window become one."),
  missing: z
    .enum(["zero", "gap"])
    .default("gap")
    .describe("What a window without a value means: 0 (a count), or not measured."),
  sides: z.enum(["both", "low", "high"]).optional().describe("On which side a deviation is an anomaly."),
  sql: z
    .string()
    .max(10_000)
    .superRefine((sql, context) => {
      const message = sqlProblem(sql);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .optional()
    .describe(
      "One SELECT that gives the metric's number for each complete window of a lane (docs/guides/sql-metrics.md).",
    ),
  swimlane: z
    .string()
    .min(1)
    .optional()
    .describe("With `sql`: pattern over the lanes that it is measured for; all by default."),
  source: z.string().min(1).optional().describe("With `sql`: pattern over the sources; all by default."),
  timeLimit: duration("5s", "With `sql`: longest that one window may take; then it has no value there."),
});

const detectors = z.strictObject({
  disable: z.array(z.string()).default([]).describe("Built-in detectors that are not to run."),
  options: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe("Options by detector name; each detector's README tells them."),
  user: z
    .array(z.string())
    .default([])
    .describe("Paths of your own detectors (docs/guides/write-a-detector.md), relative to this file."),
  limits: z
    .array(limit)
    .max(1_000)
    .default([])
    .describe(
      "Your own fixed bounds, honoured from the first window and outside the page budget. Of those with one name on one feature, the first that matches holds.",
    ),
});

const control = z.strictObject({
  host: z.string().default("127.0.0.1").describe("Address to listen on; 0.0.0.0 in a container."),
  port: z
    .union([z.int(), z.string().regex(/^\d+$/, "is not a port").transform(Number)])
    .refine((port) => port >= 0 && port <= 65_535, "a port lies between 0 and 65535")
    .default(8080)
    .describe(
      "0 picks a free one. Every role answers probes and metrics here; processes on one host need one each.",
    ),
  token: z
    .string()
    .min(16, "a token of fewer than 16 characters can be guessed")
    .optional()
    .describe(
      "When set, the API asks for it as a bearer token. Write ${NAME} to take it from the environment.",
    ),
  publicUrl: z.url().optional().describe("Where people reach the page; put into notifications."),
});

const segments = z.strictObject({
  ageMax: duration("1m", "How long a segment may stay open: bounds what a kill has to read again."),
  bytesMax: z.int().min(65_536).default(268_435_456).describe("Most bytes of records in one segment."),
  offsetsMax: z.int().min(1_000).default(5_000_000).describe("Most offsets in one segment."),
  seriesMax: z
    .int()
    .min(1_000)
    .default(200_000)
    .describe(
      "Most open series (lane × source × feature × window) of a partition: bounds memory whatever names records bring.",
    ),
  waitingBytesMax: z
    .int()
    .min(1_048_576)
    .default(67_108_864)
    .describe(
      "Bytes of cut segments that may wait in memory for a store that is slow or away; past it reading waits, and Kafka keeps the records.",
    ),
  idleCut: duration("2s", "A partition that has brought nothing for so long has its open segment cut."),
  idleTimeout: duration(
    "1m",
    "How long a partition must have had nothing to read before the clock stands in for its records.",
  ),
});

const limits = z.strictObject({
  recordBytesMax: z.int().min(1_024).default(1_048_576).describe("Larger records are counted `too_large`."),
  depthMax: z
    .int()
    .min(1)
    .max(1_000)
    .default(32)
    .describe("Records nested deeper are counted `too_complex`."),
  fieldsMax: z
    .int()
    .min(1)
    .max(16_384)
    .default(4_096)
    .describe("Records with more fields are counted `too_complex`."),
});

const incidents = z.strictObject({
  persistenceWindows: z
    .int()
    .min(1)
    .default(3)
    .describe("Windows over which an anomaly that is neither certain nor a page must persist."),
  persistenceAnomalous: z.int().min(1).default(2).describe("Of those, how many must be anomalous."),
  resolveWindows: z
    .int()
    .min(1)
    .default(3)
    .describe("Windows in a row without the anomaly before an incident is resolved."),
  groupLanes: z
    .int()
    .min(0)
    .default(2)
    .describe(
      "Lanes that must show the same pattern before one incident is put above theirs; 0 never groups.",
    ),
});

const route = z.strictObject({
  notifiers: z.array(z.string()).min(1),
  severity: z
    .enum(["page", "warn", "info"])
    .default("warn")
    .describe("The least severity that is told here."),
  about: z
    .enum(["data", "monitor"])
    .default("data")
    .describe("Incidents of lanes, or what Lanewatch says about itself."),
  swimlane: z.string().optional().describe('Pattern over lane names, such as "prod/*".'),
  source: z.string().optional(),
  feature: z.string().optional(),
  detector: z.string().optional(),
});

const notify = z.strictObject({
  notifiers: z
    .record(
      z.string().min(1),
      plugged(Object.entries(notifierPlugins).map(([type, plugin]) => [type, plugin.options] as const)),
    )
    .default({}),
  routes: z
    .array(route)
    .default([])
    .describe(
      "Who is told about what. With none, every notifier is told of warnings and pages about data; what Lanewatch says about itself needs a route of its own (about: monitor), and is only logged without one.",
    ),
  remind: duration("4h", "How long until an open incident that nobody acknowledged is told again."),
});

const share = (fallback: number, description: string) =>
  z.number().gt(0).max(1).default(fallback).describe(description);

const monitor = z.strictObject({
  deployment: z
    .string()
    .max(200)
    .default("")
    .describe(
      "Name of this installation in what Lanewatch says about itself: two that share a receiver need two names.",
    ),
  every: duration("5s", "How often Lanewatch looks after itself."),
  unreachable: duration(
    "90s",
    "How long the store, the brokers or the queue may be away before it is told. Shorter than the two minutes for which a start waits for them, or a start that fails is never told.",
  ),
  lag: duration("10m", "How old the oldest record that is not counted may be, since it was seen in the log."),
  stuck: duration("5m", "How long a partition with records to count may stand still."),
  auditsLate: duration("15m", "How long a merged window may wait for its verdicts."),
  deliveryFailing: duration("5m", "How long a notifier may take no messages."),
  waiting: duration("1m", "How long segments.waitingBytesMax may be reached."),
  rejectedShare: share(0.05, "Share of records rejected over ten minutes, of at least 100."),
  slowDecodeShare: share(0.5, "Share of records that had to be parsed whole."),
  slowDecode: duration("10m", "How long that share may last."),
  clear: duration("30s", "How long a condition must have been well before its alert ends."),
});

export const configSchema = z.strictObject({
  lanes: lanes.prefault({}),
  mapping: mapping.prefault({}),
  sources: z
    .record(z.string().min(1), source)
    .default({})
    .describe("Where records come from, by a name of yours."),
  store: storeOptionsSchema.prefault({ type: "duckdb", path: ".lanewatch/lanewatch.duckdb" }),
  queue: plugged(Object.entries(QUEUES).map(([type, plugin]) => [type, plugin.options] as const)).prefault({
    type: "inline",
  }),
  detectors: detectors.prefault({}),
  metrics: z
    .record(z.string(), metric)
    .default({})
    .describe("Metrics that pipelines compute, or that you define in SQL, by name."),
  calendar: z
    .array(calendarEvent)
    .default([])
    .describe("Spans in which the data will look different: nothing is paged, nothing learned."),
  incidents: incidents.prefault({}),
  notify: notify.prefault({}),
  monitor: monitor
    .prefault({})
    .describe("When Lanewatch tells that it is unwell itself (docs/guides/operate.md)."),
  control: control.prefault({}),
  segments: segments.prefault({}),
  limits: limits.prefault({}),
  profile: z
    .strictObject({
      k: z
        .int()
        .min(8)
        .max(65_535)
        .default(1_024)
        .describe("Accuracy of the quantile sketch: windows of up to so many values are exact."),
    })
    .prefault({}),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

/** A configuration as it is used: every default filled in, lengths of time in milliseconds. */
export type Config = z.output<typeof configSchema>;
