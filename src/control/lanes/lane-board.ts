/**
 * The lanes as the overview shows them, kept for a second and read once for all who look.
 *
 * A thousand lanes with sixty windows each are too many rows to read for every open page every two seconds, so the
 * newest windows stay in memory and only the newest few are read again. Every map is bounded by lanes × windows.
 */

import type { Answer, Severity } from "../../../detectors/contract.ts";
import type { Clock } from "../../base/clock.ts";
import { groupBy } from "../../base/group-by.ts";
import type { LaneRow, RowFilter, Store } from "../../store/contract.ts";
import type { LaneSettings } from "../contract.ts";
import { type IncidentBrief, type PlainTables, readIncidentBriefs } from "../history/lean-reads.ts";
import { HEALTHS, type Health, type LaneAnswer, type Maybe } from "../wire.ts";
import { laneHealth } from "./lane-health.ts";

/** Windows drawn in the overview. */
export const RECENT_WINDOWS = 60;
/** Answers are shared by all who ask within this time, or within so many times what reading took, if that is more. */
const FRESH_MS = 1_000;
const FRESH_READINGS = 10;
/** Windows before the newest that were read, read again on each refresh, for those that came late. */
const REREAD_WINDOWS = 6;
/** Windows that a verdict may lag behind before its lane counts as not judged. */
const VERDICT_WINDOWS = 4;
/** Every so many refreshes everything is read again, for windows revised long after. */
const WHOLE_EVERY = 60;
export const LANES_MAX = 10_000;
const ROWS_MAX = 1_000_000;
const LANES_BEHIND_A_READ = 20;
export const BUDGET_SPAN_MS = 28 * 86_400_000;
const SEVERITIES: readonly Severity[] = ["page", "warn", "info"];

export interface LaneBoardOptions {
  readonly store: Store;
  readonly tables: PlainTables;
  readonly clock: Clock;
  readonly eventNowMs: () => number;
  readonly laneSettings: (swimlane: string) => LaneSettings;
  readonly configuredLanes: () => readonly string[];
}

export class LaneBoard {
  readonly #options: LaneBoardOptions;
  /** Record counts by swimlane and source, then by window start. */
  readonly #counts = new Map<string, Map<number, number>>();
  /** Start of the newest window of each swimlane and source up to which its counts were read. */
  readonly #readUntilMs = new Map<string, number>();
  #refreshCount = 0;
  #rows: readonly LaneRow[] = [];
  #lanes: readonly LaneAnswer[] = [];
  #freshUntilMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: LaneBoardOptions) {
    this.#options = options;
  }

  /** Worst first, then by name. */
  async read(): Promise<readonly LaneAnswer[]> {
    if (this.#options.clock.nowMs() < this.#freshUntilMs) return this.#lanes;
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
    return this.#lanes;
  }

  /** What the store has of each lane, source and window size. */
  async rows(): Promise<readonly LaneRow[]> {
    await this.read();
    return this.#rows;
  }

  /** The next read asks the store: someone has just changed something. */
  expire(): void {
    this.#freshUntilMs = Number.NEGATIVE_INFINITY;
  }

  async #refresh(): Promise<void> {
    const { store, clock, eventNowMs } = this.#options;
    const startedMs = clock.nowMs();
    this.#rows = await store.readLanes();
    const bySwimlane = this.#group(this.#rows);
    const whole = this.#refreshCount++ % WHOLE_EVERY === 0;
    const answers = new Map<string, Answer[]>();
    for (const [windowSizeMs, lanes] of groupBy(
      [...bySwimlane.values()].flat(),
      (lane) => lane.windowSizeMs,
    )) {
      const newestMs = Math.max(...lanes.map((lane) => lane.lastWindowMs));
      await this.#readCounts(lanes, newestMs, whole);
      await this.#readAnswers(windowSizeMs, newestMs, answers);
    }
    this.#forget(bySwimlane);
    const incidents = await this.#readIncidents(eventNowMs());
    this.#lanes = [...bySwimlane]
      .map(([swimlane, lanes]) => this.#lane(swimlane, lanes, answers.get(swimlane) ?? [], incidents))
      .sort(worstFirst);
    const endedMs = clock.nowMs();
    this.#freshUntilMs = endedMs + Math.max(FRESH_MS, FRESH_READINGS * (endedMs - startedMs));
  }

  /** Each lane's rows of its own window size; larger windows are rollups of the same records. */
  #group(rows: readonly LaneRow[]): Map<string, LaneRow[]> {
    const bySwimlane = new Map<string, LaneRow[]>(
      this.#options.configuredLanes().map((swimlane) => [swimlane, []]),
    );
    for (const row of rows) {
      const lanes = bySwimlane.get(row.swimlane);
      if (lanes) lanes.push(row);
      else if (bySwimlane.size < LANES_MAX) bySwimlane.set(row.swimlane, [row]);
    }
    for (const [swimlane, lanes] of bySwimlane) {
      const usualMs = this.#options.laneSettings(swimlane).windowSizeMs;
      const sizeMs = lanes.some((lane) => lane.windowSizeMs === usualMs)
        ? usualMs
        : Math.min(...lanes.map((lane) => lane.windowSizeMs));
      bySwimlane.set(
        swimlane,
        lanes.filter((lane) => lane.windowSizeMs === sizeMs),
      );
    }
    return bySwimlane;
  }

  /** What is new of each lane. One that is far behind the others is read by itself, a few of them at a time. */
  async #readCounts(lanes: readonly LaneRow[], newestMs: number, whole: boolean): Promise<void> {
    const { windowSizeMs } = lanes[0]!;
    const oldestMs = newestMs - RECENT_WINDOWS * windowSizeMs;
    const moved = lanes.filter((lane) => this.#readUntilMs.get(keyOf(lane)) !== lane.lastWindowMs);
    const near = moved.filter((lane) => this.#unreadMs(lane) >= oldestMs);
    const behind = moved.filter((lane) => this.#unreadMs(lane) < oldestMs).slice(0, LANES_BEHIND_A_READ);
    const nearMs = near.map((lane) => this.#unreadMs(lane));
    const sinceMs = whole ? oldestMs : Math.min(newestMs - REREAD_WINDOWS * windowSizeMs, ...nearMs);
    await this.#note({ windowSizeMs, sinceMs });
    for (const lane of behind)
      await this.#note({
        swimlane: lane.swimlane,
        source: lane.source,
        windowSizeMs,
        sinceMs: this.#unreadMs(lane),
      });
    for (const lane of [...near, ...behind]) this.#readUntilMs.set(keyOf(lane), lane.lastWindowMs);
  }

  /** From where on a lane's counts are to be read: a little before what was read, as much as is drawn at most. */
  #unreadMs(lane: LaneRow): number {
    const readMs = this.#readUntilMs.get(keyOf(lane)) ?? Number.NEGATIVE_INFINITY;
    return Math.max(
      readMs - REREAD_WINDOWS * lane.windowSizeMs,
      lane.lastWindowMs - RECENT_WINDOWS * lane.windowSizeMs,
    );
  }

  async #note(filter: RowFilter): Promise<void> {
    for (const row of await this.#options.store.readWindows({
      ...filter,
      descending: true,
      limit: ROWS_MAX,
    })) {
      const counts = this.#counts.get(keyOf(row)) ?? new Map<number, number>();
      this.#counts.set(keyOf(row), counts.set(row.windowStartMs, row.recordCount));
    }
  }

  async #readAnswers(windowSizeMs: number, newestMs: number, answers: Map<string, Answer[]>): Promise<void> {
    const sinceMs = newestMs - VERDICT_WINDOWS * windowSizeMs;
    const filter = { feature: "*", windowSizeMs, sinceMs, limit: ROWS_MAX };
    for (const verdict of await this.#options.store.readVerdicts(filter)) {
      const known = answers.get(verdict.swimlane);
      if (known) known.push(verdict.answer);
      else answers.set(verdict.swimlane, [verdict.answer]);
    }
  }

  async #readIncidents(nowMs: number): Promise<Map<string, IncidentBrief[]>> {
    const incidents = await readIncidentBriefs(this.#options.tables, nowMs - BUDGET_SPAN_MS);
    return groupBy(incidents, ({ swimlane }) => swimlane);
  }

  /** Drops what is no longer drawn, so that memory follows the lanes that are there. */
  #forget(bySwimlane: Map<string, LaneRow[]>): void {
    const kept = new Map<string, LaneRow>();
    for (const lanes of bySwimlane.values()) for (const lane of lanes) kept.set(keyOf(lane), lane);
    for (const [key, counts] of this.#counts) {
      const lane = kept.get(key);
      if (lane === undefined) {
        this.#counts.delete(key);
        this.#readUntilMs.delete(key);
      } else
        for (const startMs of counts.keys())
          if (startMs < lane.lastWindowMs - RECENT_WINDOWS * lane.windowSizeMs) counts.delete(startMs);
    }
  }

  #lane(
    swimlane: string,
    lanes: readonly LaneRow[],
    answers: readonly Answer[],
    bySwimlane: Map<string, IncidentBrief[]>,
  ): LaneAnswer {
    const settings = this.#options.laneSettings(swimlane);
    const windowSizeMs = lanes[0]?.windowSizeMs ?? settings.windowSizeMs;
    const lastWindowMs = lanes.length === 0 ? undefined : Math.max(...lanes.map((lane) => lane.lastWindowMs));
    const all = bySwimlane.get(swimlane) ?? [];
    const incidents = all
      .filter(({ state }) => state === "open" || state === "acknowledged")
      .sort(bySeverity);
    const nowMs = this.#options.eventNowMs();
    const paged = all.filter(
      ({ severity, opened, startMs }) => severity === "page" && opened && startMs >= nowMs - BUDGET_SPAN_MS,
    );
    const limitPages = paged.filter(({ ofLimitsAlone }) => ofLimitsAlone).length;
    const { health, reason } = laneHealth(
      { incidents, lastWindowMs, answers },
      { ...settings, windowSizeMs },
      nowMs,
    );
    return {
      swimlane,
      health,
      reason,
      sources: lanes.map((lane) => ({
        source: lane.source,
        lastWindowMs: lane.lastWindowMs,
        lastRecordCount: this.#countsOf(lane).get(lane.lastWindowMs) ?? null,
      })),
      windowSizeMs,
      lastWindowMs: lastWindowMs ?? null,
      firstWindowMs: lanes.length === 0 ? null : Math.min(...lanes.map((lane) => lane.firstWindowMs)),
      ...this.#recent(lanes, lastWindowMs, windowSizeMs),
      incidents: incidents.map(({ id, title, severity, startMs }) => ({ id, title, severity, startMs })),
      budget: {
        perWeek: settings.pageBudgetPerWeek,
        accepted: (settings.pageBudgetPerWeek * BUDGET_SPAN_MS) / (7 * 86_400_000),
        pages: paged.length - limitPages,
        limitPages,
        spanMs: BUDGET_SPAN_MS,
      },
    };
  }

  #recent(
    lanes: readonly LaneRow[],
    lastWindowMs: number | undefined,
    windowSizeMs: number,
  ): Pick<LaneAnswer, "recentCounts" | "recentStartMs" | "lastRecordCount"> {
    if (lastWindowMs === undefined) return { recentCounts: [], recentStartMs: null, lastRecordCount: null };
    const firstMs = Math.min(...lanes.map((lane) => lane.firstWindowMs));
    const startMs = Math.max(firstMs, lastWindowMs - (RECENT_WINDOWS - 1) * windowSizeMs);
    const counts: Maybe[] = [];
    for (let windowMs = startMs; windowMs <= lastWindowMs; windowMs += windowSizeMs) {
      const known = lanes
        .map((lane) => this.#countsOf(lane).get(windowMs))
        .filter((count) => count !== undefined);
      counts.push(known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0));
    }
    return { recentCounts: counts, recentStartMs: startMs, lastRecordCount: counts.at(-1) ?? null };
  }

  #countsOf(lane: LaneRow): ReadonlyMap<number, number> {
    return this.#counts.get(keyOf(lane)) ?? new Map();
  }
}

function keyOf({ swimlane, source }: Pick<LaneRow, "swimlane" | "source">): string {
  return JSON.stringify([swimlane, source]);
}

export function countHealths(lanes: readonly LaneAnswer[]): Record<Health, number> {
  const counts = Object.fromEntries(HEALTHS.map((health) => [health, 0])) as Record<Health, number>;
  for (const lane of lanes) counts[lane.health]++;
  return counts;
}

const bySeverity = (a: IncidentBrief, b: IncidentBrief) =>
  SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.startMs - a.startMs;

function worstFirst(a: LaneAnswer, b: LaneAnswer): number {
  return (
    HEALTHS.indexOf(a.health) - HEALTHS.indexOf(b.health) ||
    (a.swimlane < b.swimlane ? -1 : a.swimlane > b.swimlane ? 1 : 0)
  );
}
