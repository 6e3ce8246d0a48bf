/**
 * Merges a lane's judged windows into the hour or day that they make up, once it is over: from memory where they were
 * all judged in this process, from the store otherwise. What was merged before is read, never merged anew, so that a
 * job that is tried again, or another worker, finds the same rows.
 */
import type { Clock } from "../../base/clock.ts";
import { OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { coarserStartMs, mergeCoarser } from "../../rollup/coarser.ts";
import { type CompleteWindow, isWhole } from "../../rollup/complete-window.ts";
import { type LaneName, laneKey } from "../../rollup/lane-progress.ts";
import type { Store, VerdictRow } from "../../store/contract.ts";
import { readCompleteWindows } from "./read-complete-windows.ts";

export interface CoarserWindowsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Profiles kept in memory for the hours and days to come; past it a lane's are read from the store. @default 100_000 */
  readonly profilesMax?: number;
}

const PROFILES_MAX = 100_000;
const ROWS_MAX = 1_000_000;
/** Larger windows merged, written and judged in one step. */
const WINDOWS_PER_STEP = 200;

type LaneOfSize = LaneName & { readonly windowSizeMs: number };

export interface MergedWindow {
  readonly complete: CompleteWindow;
  /** Features of which a smaller window within it has alerted: what it says of them is said already. */
  readonly alerted: ReadonlySet<string>;
}

/** What this process has judged of a lane since the larger windows began that are not over yet. */
interface Held {
  /** Everything from here on is in `windows`. */
  fromMs: number;
  /** Start of the newest window noted. */
  newestMs: number;
  readonly windows: Map<number, CompleteWindow>;
  readonly alerts: Map<number, readonly string[]>;
  profileCount: number;
}

export class CoarserWindows {
  readonly #options: CoarserWindowsOptions;
  readonly #held = new Map<string, Held>();
  #profileCount = 0;

  constructor(options: CoarserWindowsOptions) {
    this.#options = options;
  }

  /** Notes a judged window. @param lastStartMs of the lane before it; −Infinity when it is the lane's first */
  note(
    lane: LaneOfSize,
    lastStartMs: number,
    complete: CompleteWindow,
    verdicts: readonly VerdictRow[],
  ): void {
    const key = keyOf(lane);
    let held = this.#held.get(key);
    if (held === undefined) {
      const fromMs = Number.isFinite(lastStartMs) ? complete.window.windowStartMs : Number.NEGATIVE_INFINITY;
      held = { fromMs, newestMs: lastStartMs, windows: new Map(), alerts: new Map(), profileCount: 0 };
      this.#held.set(key, held);
    }
    const { windowStartMs } = complete.window;
    // Another worker has judged windows in between: they are in the store only.
    if (lastStartMs > held.newestMs) held.fromMs = windowStartMs;
    this.#drop(held, windowStartMs);
    held.windows.set(windowStartMs, complete);
    held.alerts.set(
      windowStartMs,
      verdicts.filter(alerts).map((row) => row.feature),
    );
    held.newestMs = Math.max(held.newestMs, windowStartMs);
    held.profileCount += complete.profiles.length;
    this.#profileCount += complete.profiles.length;
    if (this.#profileCount > (this.#options.profilesMax ?? PROFILES_MAX)) this.forget(lane);
  }

  /** Has the lane's windows so far read from the store: they are too many, or late data changed them. */
  forget(lane: LaneOfSize): void {
    const held = this.#held.get(keyOf(lane));
    if (held === undefined) return;
    this.#profileCount -= held.profileCount;
    held.profileCount = 0;
    held.fromMs = held.newestMs + lane.windowSizeMs;
    // Which windows there are is kept: all of them must be visible before a larger one is merged from the store.
    for (const [startMs, { window }] of held.windows) held.windows.set(startMs, { window, profiles: [] });
  }

  /** Start of the larger window to merge after `lastStartMs`; undefined where nothing is known to be in one. */
  #nextStartMs(lane: LaneOfSize, sizeMs: number, lastStartMs: number): number | undefined {
    if (Number.isFinite(lastStartMs)) return lastStartMs + sizeMs;
    return this.#skipTo(lane, sizeMs, Number.NEGATIVE_INFINITY);
  }

  /** Start of the first larger window from `sinceMs` on in which this process has judged anything. */
  #skipTo(lane: LaneOfSize, sizeMs: number, sinceMs: number): number | undefined {
    for (const startMs of this.#held.get(keyOf(lane))?.windows.keys() ?? []) {
      const coarserMs = coarserStartMs(startMs, sizeMs);
      if (coarserMs >= sinceMs) return coarserMs;
    }
    return undefined;
  }

  /**
   * The larger windows after `lastStartMs` that end by `overMs` and have something in them, {@link WINDOWS_PER_STEP} at
   * most. They are written in one go: catching up on years would otherwise wait for the store once an hour of them.
   */
  async mergeOver(
    lane: LaneOfSize,
    sizeMs: number,
    lastStartMs: number,
    overMs: number,
  ): Promise<readonly MergedWindow[]> {
    const merged: MergedWindow[] = [];
    const fresh: CompleteWindow[] = [];
    let startMs = this.#nextStartMs(lane, sizeMs, lastStartMs);
    if (startMs === undefined || startMs + sizeMs > overMs) return [];
    const stored = await this.#storedFrom(lane, sizeMs, startMs, overMs);
    while (startMs !== undefined && startMs + sizeMs <= overMs && merged.length < WINDOWS_PER_STEP) {
      const next = await this.#mergeOne(lane, sizeMs, startMs, stored.get(startMs));
      if (next !== undefined) merged.push(next);
      if (next !== undefined && !stored.has(startMs)) fresh.push(next.complete);
      // After a long silence there is nothing to merge until the lane's next window.
      const nextMs: number = startMs + sizeMs;
      startMs = next === undefined ? this.#skipTo(lane, sizeMs, nextMs) : nextMs;
    }
    await this.#write(fresh);
    return merged;
  }

  async #mergeOne(
    lane: LaneOfSize,
    sizeMs: number,
    startMs: number,
    stored: CompleteWindow | undefined,
  ): Promise<MergedWindow | undefined> {
    const held = this.#held.get(keyOf(lane));
    const fromMemory = held !== undefined && held.fromMs <= startMs;
    const parts = fromMemory
      ? this.#partsHeld(held, startMs, sizeMs)
      : await this.#partsStored(lane, startMs, sizeMs);
    const alerted = fromMemory
      ? this.#alertsHeld(held, startMs, sizeMs)
      : await this.#alertsStored(lane, startMs, sizeMs);
    if (stored !== undefined) return { complete: stored, alerted };
    if (parts.length === 0) return undefined;
    const target = targetOf(lane, sizeMs, startMs, 1, this.#options.clock.nowMs());
    return { complete: mergeCoarser(target, parts), alerted };
  }

  /** What was merged before, by start. Only a lane that began in this process cannot have been merged by another. */
  async #storedFrom(
    lane: LaneOfSize,
    sizeMs: number,
    startMs: number,
    overMs: number,
  ): Promise<ReadonlyMap<number, CompleteWindow>> {
    if (this.#held.get(keyOf(lane))?.fromMs === Number.NEGATIVE_INFINITY) return new Map();
    const span = { ...lane, windowSizeMs: sizeMs, sinceMs: startMs, untilMs: overMs };
    const stored = await readCompleteWindows(this.#options.store, span, WINDOWS_PER_STEP);
    if (!stored.every(isWhole)) throw notVisible(lane.swimlane, "a larger window");
    return new Map(stored.map((each) => [each.window.windowStartMs, each]));
  }

  /** Lets go of what was merged and judged. Until then a second try finds it. */
  settle(lane: LaneOfSize, untilMs: number): void {
    const held = this.#held.get(keyOf(lane));
    if (held === undefined) return;
    for (const startMs of [...held.windows.keys()]) if (startMs < untilMs) this.#drop(held, startMs);
  }

  /**
   * Merges a larger window again that late data changed below; its revision goes up.
   * @returns false where it was never merged: it will be, with the late data, when it is over.
   */
  async mergeAgain(lane: LaneOfSize, sizeMs: number, startMs: number): Promise<boolean> {
    this.forget(lane);
    const stored = (await this.#storedFrom(lane, sizeMs, startMs, startMs + sizeMs)).get(startMs);
    if (stored === undefined) return false;
    const parts = await this.#partsStored(lane, startMs, sizeMs);
    const revision = stored.window.revision + 1;
    const complete = mergeCoarser(
      targetOf(lane, sizeMs, startMs, revision, this.#options.clock.nowMs()),
      parts,
    );
    // A second try of the job has merged it already; fewer records mean that some are past their retention.
    if (complete.window.recordCount > stored.window.recordCount) await this.#write([complete]);
    return true;
  }

  async #write(complete: readonly CompleteWindow[]): Promise<void> {
    if (complete.length === 0) return;
    await this.#options.store.writeWindows(
      complete.map(({ window }) => window),
      complete.flatMap(({ profiles }) => profiles),
    );
    this.#options.telemetry
      .counter("rollup_coarser_windows_total", "Hours and days merged from the windows within them")
      .inc(complete.length);
  }

  #partsHeld(held: Held, startMs: number, sizeMs: number): CompleteWindow[] {
    return [...held.windows.values()].filter(({ window }) => isIn(window.windowStartMs, startMs, sizeMs));
  }

  async #partsStored(lane: LaneOfSize, startMs: number, sizeMs: number): Promise<readonly CompleteWindow[]> {
    const span = { ...lane, sinceMs: startMs, untilMs: startMs + sizeMs };
    const parts = await readCompleteWindows(this.#options.store, span, Math.ceil(sizeMs / lane.windowSizeMs));
    const visible = new Map(parts.map((part) => [part.window.windowStartMs, part.window.revision]));
    for (const { window } of this.#held.get(keyOf(lane))?.windows.values() ?? [])
      if (
        isIn(window.windowStartMs, startMs, sizeMs) &&
        !((visible.get(window.windowStartMs) ?? 0) >= window.revision)
      )
        throw notVisible(lane.swimlane, "a window");
    if (!parts.every(isWhole)) throw notVisible(lane.swimlane, "some profiles");
    return parts;
  }

  async #alertsStored(lane: LaneOfSize, startMs: number, sizeMs: number): Promise<ReadonlySet<string>> {
    const coarser = { ...lane, windowSizeMs: sizeMs };
    return (await alertedWithin(this.#options.store, coarser, startMs, startMs + sizeMs))(startMs);
  }

  #alertsHeld(held: Held, startMs: number, sizeMs: number): ReadonlySet<string> {
    const alerted = new Set<string>();
    for (const [atMs, features] of held.alerts)
      if (isIn(atMs, startMs, sizeMs)) for (const feature of features) alerted.add(feature);
    return alerted;
  }

  #drop(held: Held, startMs: number): void {
    const profileCount = held.windows.get(startMs)?.profiles.length ?? 0;
    held.profileCount -= profileCount;
    this.#profileCount -= profileCount;
    held.windows.delete(startMs);
    held.alerts.delete(startMs);
  }
}

/** By larger window of a span: features of which a smaller one within it has alerted, as the store has it. */
export async function alertedWithin(
  store: Store,
  { swimlane, source, windowSizeMs }: LaneOfSize,
  sinceMs: number,
  untilMs: number,
): Promise<(startMs: number) => ReadonlySet<string>> {
  const filter = { swimlane, source, sinceMs, untilMs, answer: "anomalous" as const, limit: ROWS_MAX };
  const rows = (await store.readVerdicts(filter)).filter(
    (row) => row.windowSizeMs < windowSizeMs && alerts(row),
  );
  return (startMs) =>
    new Set(rows.filter((row) => isIn(row.windowStartMs, startMs, windowSizeMs)).map((row) => row.feature));
}

function alerts(row: VerdictRow): boolean {
  return row.answer === "anomalous" && row.severity !== "info";
}

function isIn(timeMs: number, startMs: number, sizeMs: number): boolean {
  return timeMs >= startMs && timeMs < startMs + sizeMs;
}

function keyOf(lane: LaneOfSize): string {
  return `${laneKey(lane)}\u0000${lane.windowSizeMs}`;
}

function targetOf(
  lane: LaneName,
  windowSizeMs: number,
  windowStartMs: number,
  revision: number,
  mergedAtMs: number,
) {
  const { swimlane, source } = lane;
  return { swimlane, source, windowStartMs, windowSizeMs, revision, mergedAtMs };
}

function notVisible(swimlane: string, what: string): OperationalError {
  return new OperationalError(
    `the store does not show ${what} of lane "${swimlane}" yet. Nothing is lost; the audit is tried again.`,
    { code: "AUDIT_COARSER_NOT_VISIBLE", retryable: true, context: { swimlane } },
  );
}
