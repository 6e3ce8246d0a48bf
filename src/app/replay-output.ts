/** What a replay writes: verdicts.jsonl and incidents.jsonl, with stable, documented fields (docs/reference/replay.md). */
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Severity } from "../../detectors/contract.ts";
import { OUTCOMES, type OutcomeCounts, zeroOutcomes } from "../decode/outcome.ts";
import type { LaneProgress } from "../rollup/lane-progress.ts";
import type { Segment } from "../segment/manifest.ts";
import type { IncidentRow, VerdictRow } from "../store/contract.ts";
import { verdictName } from "../store/verdict-key.ts";
import type { JudgedWindow } from "./audit/audit-service.ts";

export interface LaneSummary {
  readonly swimlane: string;
  readonly source: string;
  /** Of the lane's own windows; larger ones, merged from them, are judged but not counted. */
  readonly windowSizeMs: number;
  windowCount: number;
  recordCount: number;
  /** Anomalous verdicts by severity. */
  readonly anomalies: Record<Severity, number>;
}

/** A window that the input ends in: more records might have followed, so nothing is said of it. */
export interface UnjudgedWindow {
  readonly swimlane: string;
  readonly source: string;
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly recordCount: number;
}

export interface ReplaySummary {
  readonly outcomes: OutcomeCounts;
  readonly byteCount: number;
  readonly windowCount: number;
  readonly verdictCount: number;
  readonly lanes: readonly LaneSummary[];
  /** Newest state of each, by start. */
  readonly incidents: readonly IncidentRow[];
  /** By start; none before the end. */
  readonly unjudged: readonly UnjudgedWindow[];
}

export class ReplayOutput {
  readonly #folder: string;
  readonly #verdicts: WriteStream;
  readonly #lanes = new Map<string, LaneSummary>();
  readonly #incidents = new Map<string, IncidentRow>();
  readonly #outcomes = zeroOutcomes();
  #byteCount = 0;
  #windowCount = 0;
  #verdictCount = 0;
  #held = new Map<string, VerdictRow>();
  #unjudged: readonly UnjudgedWindow[] = [];

  private constructor(folder: string, verdicts: WriteStream) {
    this.#folder = folder;
    this.#verdicts = verdicts;
  }

  static async open(folder: string): Promise<ReplayOutput> {
    return new ReplayOutput(folder, createWriteStream(join(folder, "verdicts.jsonl")));
  }

  counted(segments: readonly Segment[]): void {
    for (const { manifest } of segments) {
      this.#byteCount += manifest.byteCount;
      for (const outcome of OUTCOMES) this.#outcomes[outcome] += manifest.outcomes[outcome];
    }
  }

  judged(judged: readonly JudgedWindow[]): void {
    for (const { complete, verdicts } of judged) {
      const lane = this.#laneOf(complete.window);
      if (complete.window.windowSizeMs === lane.windowSizeMs) {
        this.#windowCount++;
        lane.windowCount++;
        lane.recordCount += complete.window.recordCount;
      }
      for (const verdict of verdicts) {
        if (verdict.answer === "anomalous") lane.anomalies[verdict.severity]++;
        this.#held.set(verdictKey(verdict), verdict);
      }
    }
  }

  joined(verdicts: readonly VerdictRow[]): void {
    for (const verdict of verdicts) this.#held.set(verdictKey(verdict), verdict);
  }

  /** What is still open when the input has ended. */
  leftOpen(lanes: Iterable<LaneProgress>): void {
    this.#unjudged = [...lanes]
      .flatMap(({ name, windowSizeMs, pending }) =>
        [...pending].map(([windowStartMs, rows]) => ({
          ...name,
          windowStartMs,
          windowSizeMs,
          recordCount: rows.reduce(
            (sum, { kind, profile }) => sum + (kind === "records" ? profile.presentCount : 0),
            0,
          ),
        })),
      )
      .sort((a, b) => a.windowStartMs - b.windowStartMs || compareText(a.swimlane, b.swimlane));
  }

  incidentsChanged(changed: readonly IncidentRow[]): void {
    for (const row of changed) this.#incidents.set(row.id, row);
  }

  /** Writes the verdicts held since the last call, by window, lane, source, feature and detector. */
  async flush(): Promise<void> {
    const rows = [...this.#held.values()].sort(compareVerdicts);
    this.#held = new Map();
    this.#verdictCount += rows.length;
    const text = rows.map((row) => `${JSON.stringify(verdictLine(row))}\n`).join("");
    if (text !== "" && !this.#verdicts.write(text)) await once(this.#verdicts, "drain");
  }

  summary(): ReplaySummary {
    return {
      outcomes: this.#outcomes,
      byteCount: this.#byteCount,
      windowCount: this.#windowCount,
      verdictCount: this.#verdictCount,
      lanes: [...this.#lanes.values()],
      incidents: [...this.#incidents.values()].sort(
        (a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1),
      ),
      unjudged: this.#unjudged,
    };
  }

  async close(): Promise<ReplaySummary> {
    await this.flush();
    this.#verdicts.end();
    await finished(this.#verdicts);
    const summary = this.summary();
    const lines = summary.incidents.map((row) => `${JSON.stringify(incidentLine(row))}\n`);
    await writeFile(join(this.#folder, "incidents.jsonl"), lines.join(""));
    return summary;
  }

  #laneOf({ swimlane, source, windowSizeMs }: JudgedWindow["complete"]["window"]): LaneSummary {
    const key = `${swimlane}\u0000${source}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      const anomalies = { page: 0, warn: 0, info: 0 };
      lane = { swimlane, source, windowSizeMs, windowCount: 0, recordCount: 0, anomalies };
      this.#lanes.set(key, lane);
    }
    return lane;
  }
}

export function verdictLine(row: VerdictRow): Record<string, unknown> {
  return {
    verdict: verdictName(row),
    window_start: isoOf(row.windowStartMs),
    window_end: isoOf(row.windowStartMs + row.windowSizeMs),
    swimlane: row.swimlane,
    source: row.source,
    feature: row.feature,
    detector: row.detector,
    answer: row.answer,
    severity: row.severity,
    statistic: numberOf(row.statistic),
    threshold: numberOf(row.threshold),
    effect: numberOf(row.effect),
    significance: numberOf(row.significance),
    sketch_error: numberOf(row.sketchError),
    revision: row.revision,
    incident: row.incidentId === "" ? null : row.incidentId,
    summary: row.summary,
    explanation: row.answer === "anomalous" ? (JSON.parse(row.explanation) as unknown) : null,
  };
}

export function incidentLine(row: IncidentRow): Record<string, unknown> {
  return {
    id: row.id,
    swimlane: row.swimlane,
    state: row.state,
    severity: row.severity,
    start: isoOf(row.startMs),
    end: isoOf(row.endMs),
    changed: isoOf(row.changedAtMs),
    resolved: isoOf(row.resolvedAtMs),
    title: row.title,
    members: row.members === "" ? [] : row.members.split(","),
    verdicts: row.verdictCount,
    explanation: JSON.parse(row.explanation) as unknown,
  };
}

function verdictKey(row: VerdictRow): string {
  return `${row.windowStartMs}|${row.windowSizeMs}|${row.swimlane}|${row.source}|${row.feature}|${row.detector}|${row.revision}`;
}

function compareVerdicts(a: VerdictRow, b: VerdictRow): number {
  return (
    a.windowStartMs - b.windowStartMs ||
    a.windowSizeMs - b.windowSizeMs ||
    compareText(a.swimlane, b.swimlane) ||
    compareText(a.source, b.source) ||
    compareText(a.feature, b.feature) ||
    compareText(a.detector, b.detector)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isoOf(epochMs: number): string | null {
  return Number.isFinite(epochMs) ? new Date(epochMs).toISOString() : null;
}

function numberOf(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
