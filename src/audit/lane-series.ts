/** What do a lane's record count and metrics say of a window? Each is stepped through every detector that judges it. */
import type { SeriesDetector, SeriesSubject } from "../../detectors/contract.ts";
import { snapshotOf } from "../sketch/snapshot.ts";
import type { VerdictRow } from "../store/contract.ts";
import { type AuditedLane, type AuditedWindow, metricOptions, subjectOf } from "./audited-lane.ts";
import { awakeKey, judgesSubject, noteAwake } from "./budget/budget-shares.ts";
import type { LaneBudget } from "./budget/lane-budget.ts";
import type { LaneAuditorOptions } from "./lane-options.ts";
import { admitMetrics } from "./metric-rows.ts";
import { metricValue, type SeriesMemory, stepSeries } from "./series-audit.ts";
import { seriesRow } from "./verdict/finding-rows.ts";

interface Series {
  /** A metric's name, or "*" for the record count. */
  readonly name: string;
  readonly subject: SeriesSubject;
  readonly memory: SeriesMemory;
  readonly value: number;
}

export function auditSeries(lane: AuditedLane, audited: AuditedWindow, budget: LaneBudget): VerdictRow[] {
  const { memory, options } = lane;
  const { window, profiles } = audited.complete;
  const metrics = admitMetrics(memory, profiles, options.metrics ?? {});
  const records: Series = {
    name: "*",
    subject: "records",
    memory: memory.records,
    value: window.recordCount,
  };
  const rows = step(lane, audited, budget, records);
  for (const name of Object.keys(memory.metrics).sort()) {
    const row = metrics.get(name);
    const snapshot = row === undefined ? undefined : snapshotOf(row.profile, row.recordCount);
    const metric: Series = {
      name,
      subject: subjectOf(options, name),
      memory: memory.metrics[name]!,
      value: metricValue(snapshot, metricOptions(options, name)),
    };
    rows.push(...step(lane, audited, budget, metric));
  }
  return rows;
}

function step(
  { options, memory, series: detectors }: AuditedLane,
  { complete: { window }, muted }: AuditedWindow,
  budget: LaneBudget,
  { name, subject, memory: ofSeries, value }: Series,
): VerdictRow[] {
  const endMs = window.windowStartMs + window.windowSizeMs;
  const findings = stepSeries(
    ofSeries,
    { startMs: window.windowStartMs, endMs, value },
    detectors.filter((detector) => judgesSubject(detector, subject)),
    (detector) => budget.contextOf(name, subject, detector),
    (detector) => detectorOptions(options, detector, name),
  );
  for (const { detector, step } of findings)
    noteAwake(memory.awake, awakeKey(name, detector), window.windowStartMs, step.idle === true);
  const pinned = window.windowStartMs < (options.referenceUntilMs ?? Number.NEGATIVE_INFINITY);
  return findings.map((finding) => seriesRow(window, name, value, finding, muted || pinned));
}

function detectorOptions(options: LaneAuditorOptions, detector: SeriesDetector, name: string): unknown {
  const sides = options.metrics?.[name]?.sides;
  const given = options.detectorOptions[detector.name] as object | undefined;
  return { ...(detector.defaults as object), ...given, ...(sides === undefined ? {} : { sides }) };
}
