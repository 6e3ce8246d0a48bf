/**
 * What was written, held against the log again. A row of a merged window that someone changed, that a store lost or
 * that a fault of ours left behind would stay wrong for ever: nothing else looks at a window twice. So the last day's
 * windows are walked round and round; each window's count is compared with the sum over the paths, and of some the
 * profiles too. One that differs twice, a while apart, is merged again. What it repairs should stay 0.
 */
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Placed } from "../segment/manifest.ts";
import type { ProfileRow, SegmentRecords, Store, WindowRow } from "../store/contract.ts";
import type { CompleteWindow } from "./complete-window.ts";
import { type LaneProgress, laneKey } from "./lane-progress.ts";
import { mergeWindow } from "./merge.ts";
import { writeFinding } from "./reconcile-finding.ts";
import type { OnPath, WindowName } from "./revisions.ts";

export interface ReconcilerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly lanes: () => Iterable<LaneProgress>;
  readonly onPath: OnPath;
  /** False where the path is not known, or counts as lost what a window may have: nothing can be said of it then. */
  readonly isComparable: (row: Placed) => boolean;
  /** True while late data waits to be merged: what differs then is late, and no suspect. */
  readonly isLate: () => boolean;
}

/** How far back windows are looked at, in event time. */
const SPAN_MS = 86_400_000;
/** Segments' rows read in one step: one for each window, lane and segment. */
const ROWS_PER_STEP = 20_000;
/** A store may show later what it took: only what differs for so long is wrong. */
const CONFIRM_MS = 120_000;
/** Windows of a step whose profiles are compared as well. */
const SAMPLE_PER_STEP = 4;
/** Windows that differ and wait to be looked at again; more are found by the next round. */
const SUSPECTS_MAX = 1_000;

/** A window that differed when it was first looked at, and how: another difference later is another one. */
interface Suspect {
  readonly window: WindowName;
  readonly how: string;
  readonly sinceMs: number;
}

/** What a window's row is, against what the paths say. */
type Difference = "count" | "missing" | "profile";

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #suspects = new Map<string, Suspect>();
  /** Windows that stay wrong, told once. */
  readonly #told = new Set<string>();
  #nextStartMs = Number.POSITIVE_INFINITY;
  #sampleAt = 0;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Looks at the next stretch of the last day. @returns windows to be written again, with the next revision. */
  async step(): Promise<CompleteWindow[]> {
    const repaired: CompleteWindow[] = [];
    for (const [key, suspect] of this.#suspects) {
      if (this.#options.clock.elapsedMs() - suspect.sinceMs < CONFIRM_MS) continue;
      const again = await this.#compare(suspect.window);
      this.#suspects.delete(key);
      if (again === undefined || this.#options.isLate()) continue;
      const how = howOf(again.known, again.merged.window.recordCount);
      if (how === suspect.how) repaired.push(...(await this.#tell(again)));
      else this.#suspect(suspect.window, how);
    }
    for (const [window, how] of await this.#differing()) this.#suspect(window, how);
    return repaired;
  }

  #suspect(window: WindowName, how: string): void {
    const key = keyOf(window);
    if (this.#suspects.has(key) || this.#told.has(key) || this.#suspects.size >= SUSPECTS_MAX) return;
    if (this.#options.isLate()) return;
    this.#suspects.set(key, { window, how, sinceMs: this.#options.clock.elapsedMs() });
  }

  /** Windows of the next stretch whose count, or of a few whose profiles, are not what the paths say. */
  async #differing(): Promise<readonly (readonly [WindowName, string])[]> {
    const lanes = new Map([...this.#options.lanes()].map((lane) => [laneKey(lane.name), lane]));
    const endMs = Math.max(...[...lanes.values()].map((lane) => lane.nextStartMs));
    if (!Number.isFinite(endMs)) return [];
    if (this.#nextStartMs >= endMs) this.#nextStartMs = endMs - SPAN_MS;
    const sinceMs = Math.max(this.#nextStartMs, endMs - SPAN_MS);
    const [allRows, rowsUntilMs] = await this.#rowsFrom(sinceMs, endMs);
    const [windows, untilMs] = await this.#windowsFrom(sinceMs, rowsUntilMs);
    const rows = allRows.filter((row) => row.windowStartMs < untilMs);
    this.#nextStartMs = untilMs;
    const isOurs = ({ windowStartMs, windowSizeMs, ...name }: WindowName) => {
      const lane = lanes.get(laneKey(name));
      return lane?.windowSizeMs === windowSizeMs && windowStartMs < lane.nextStartMs;
    };
    const written = new Map(windows.filter(isOurs).map((window) => [keyOf(window), window]));
    const named = new Map<string, WindowName>(written);
    for (const row of rows) if (isOurs(row) && !named.has(keyOf(row))) named.set(keyOf(row), row);
    const counts = await this.#countsOf(rows);
    this.#count(named.size);
    const found = new Map<string, readonly [WindowName, string]>();
    for (const [key, window] of named) {
      const count = counts.get(key) ?? 0;
      const known = written.get(key);
      if (count !== "unknown" && count !== known?.recordCount) found.set(key, [window, howOf(known, count)]);
    }
    for (const window of this.#sampleOf([...written.values()])) {
      const finding = await this.#compare(window);
      if (finding === undefined) continue;
      found.set(keyOf(window), [window, howOf(finding.known, finding.merged.window.recordCount)]);
    }
    return [...found.values()];
  }

  /** The rows of as many whole windows as one step reads, and where those end. */
  #rowsFrom(sinceMs: number, endMs: number) {
    return wholeWindows(sinceMs, endMs, (span) => this.#options.store.readSegmentRecords(span));
  }

  #windowsFrom(sinceMs: number, endMs: number) {
    return wholeWindows(sinceMs, endMs, (span) => this.#options.store.readWindows(span));
  }

  async #countsOf(rows: readonly SegmentRecords[]): Promise<ReadonlyMap<string, number | "unknown">> {
    const counts = new Map<string, number | "unknown">();
    for (const row of await this.#options.onPath(rows)) {
      const count = counts.get(keyOf(row)) ?? 0;
      if (count !== "unknown") counts.set(keyOf(row), count + row.recordCount);
    }
    for (const row of rows) if (!this.#options.isComparable(row)) counts.set(keyOf(row), "unknown");
    return counts;
  }

  /** A few, other ones each time. */
  #sampleOf(windows: readonly WindowRow[]): readonly WindowRow[] {
    const from = this.#sampleAt;
    this.#sampleAt += SAMPLE_PER_STEP;
    const count = Math.min(SAMPLE_PER_STEP, windows.length);
    return Array.from({ length: count }, (_, i) => windows[(from + i) % windows.length]!);
  }

  /** The window as the paths say, where it is not what was written; `undefined` where it is, or cannot be known. */
  async #compare(window: WindowName): Promise<Finding | undefined> {
    const { store, clock, onPath, isComparable } = this.#options;
    const { swimlane, source, windowStartMs, windowSizeMs } = window;
    const filter = { swimlane, source, windowSizeMs, sinceMs: windowStartMs, untilMs: windowStartMs + 1 };
    const [known] = await store.readWindows(filter);
    const all = await store.readSegmentProfilesOfWindow(swimlane, source, windowStartMs);
    const rows = (await onPath(all)).filter((row) => row.windowSizeMs === windowSizeMs);
    if (!all.every(isComparable)) return undefined;
    // A window that was lost may have been judged: the next revision after the first has it judged again.
    const revision = (known?.revision ?? 1) + 1;
    const target = { swimlane, source, windowStartMs, windowSizeMs, revision, mergedAtMs: clock.nowMs() };
    const merged = mergeWindow(target, rows);
    // All that it was merged from has expired, or was counted elsewhere (a replay).
    if (rows.length === 0 && (known?.segmentCount ?? 0) > 0) return undefined;
    if (known === undefined) return rows.length === 0 ? undefined : { kind: "missing", known, merged };
    if (merged.window.recordCount !== known.recordCount) return { kind: "count", known, merged };
    const profiles = (await store.readProfiles(filter)).filter((row) => row.revision === known.revision);
    // Fewer are on their way, or were expired apart.
    if (profiles.length < known.profileCount) return undefined;
    return isSameProfiles(merged.profiles, profiles) ? undefined : { kind: "profile", known, merged };
  }

  async #tell({ kind, known, merged }: Finding): Promise<readonly CompleteWindow[]> {
    const { telemetry, store, clock } = this.#options;
    const { swimlane, source, windowStartMs, recordCount, segmentCount } = merged.window;
    // The rows that it was merged from may be gone, by the store's retention: what was written is the better one then.
    const isRepaired =
      known === undefined || segmentCount >= known.segmentCount || recordCount > known.recordCount;
    const labels = { kind };
    const name = {
      swimlane,
      source,
      windowStartMs,
      written: known?.recordCount ?? null,
      counted: recordCount,
    };
    if (isRepaired)
      telemetry.event(
        "error",
        "rollup_repaired_windows",
        "Windows that were not what the segments say, merged again",
        labels,
      );
    else
      telemetry.event(
        "error",
        "rollup_unrepaired_windows",
        "Windows that are not what the segments say; rows of segments are gone, so they stay",
        labels,
      );
    telemetry.log("error", "a window in the store is not what its segments say", {
      ...name,
      kind,
      isRepaired,
    });
    await writeFinding(store, { ...name, kind, isRepaired, foundAtMs: clock.nowMs() });
    if (isRepaired) return [merged];
    this.#told.add(keyOf(merged.window));
    if (this.#told.size > SUSPECTS_MAX) this.#told.delete(this.#told.values().next().value!);
    return [];
  }

  #count(windowCount: number): void {
    this.#options.telemetry
      .counter("rollup_reconciled_windows_total", "Merged windows held against their segments again")
      .inc(windowCount);
  }
}

/** As many rows as one read may bring, without those of a last window that it may have cut off; one window at least. */
async function wholeWindows<Row extends { readonly windowStartMs: number }>(
  sinceMs: number,
  untilMs: number,
  read: (span: { sinceMs: number; untilMs: number; limit?: number }) => Promise<readonly Row[]>,
): Promise<readonly [readonly Row[], number]> {
  const rows = await read({ sinceMs, untilMs, limit: ROWS_PER_STEP });
  if (rows.length < ROWS_PER_STEP) return [rows, untilMs];
  const lastMs = rows.at(-1)!.windowStartMs;
  if (lastMs > sinceMs) return [rows.filter((row) => row.windowStartMs < lastMs), lastMs];
  return [await read({ sinceMs, untilMs: sinceMs + 1 }), sinceMs + 1];
}

interface Finding {
  readonly kind: Difference;
  readonly known: WindowRow | undefined;
  readonly merged: CompleteWindow;
}

/** What does not depend on where segments were cut: later cuts of the same offsets are as true. */
function isSameProfiles(merged: readonly ProfileRow[], written: readonly ProfileRow[]): boolean {
  const numbers = new Map(written.map((row) => [row.feature, exactOf(row)]));
  return numbers.size === merged.length && merged.every((row) => numbers.get(row.feature) === exactOf(row));
}

function exactOf({ recordCount, profile }: ProfileRow): string {
  const { presentCount, nullCount, numberCount, stringCount, booleanCount, zeroCount, min, max } = profile;
  return [
    recordCount,
    presentCount,
    nullCount,
    numberCount,
    stringCount,
    booleanCount,
    zeroCount,
    min,
    max,
  ].join();
}

function howOf(known: WindowRow | undefined, counted: number): string {
  return `${known?.revision}|${known?.recordCount}|${counted}`;
}

function keyOf(window: WindowName): string {
  return `${laneKey(window)}|${window.windowStartMs}|${window.windowSizeMs}`;
}
