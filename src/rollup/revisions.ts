/** Windows that late data changed after they were merged: each is read again from the store and merged anew. */
import type { Clock } from "../base/clock.ts";
import { OperationalError } from "../base/errors.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Placed } from "../segment/manifest.ts";
import type { Store, WindowRow } from "../store/contract.ts";
import type { CompleteWindow } from "./complete-window.ts";
import type { LaneName } from "./lane-progress.ts";
import { laneKey } from "./lane-progress.ts";
import { mergeWindow } from "./merge.ts";

export interface WindowName extends LaneName {
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
}

/** Whether rows of a segment count; asks the store for the path where memory does not reach back so far. */
export type OnPath = <Row extends Placed>(rows: readonly Row[]) => Promise<readonly Row[]>;

export interface RevisionsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly onPath: OnPath;
}

/** Windows merged again in one step; the others wait for the next. */
const REVISIONS_PER_STEP = 500;

export class Revisions {
  readonly #options: RevisionsOptions;
  readonly #waiting = new Map<string, WindowName>();

  constructor(options: RevisionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#waiting.size;
  }

  add(window: WindowName): void {
    this.#waiting.set(`${laneKey(window)}|${window.windowStartMs}`, window);
  }

  /**
   * Merges what waits. A window is forgotten only once it was read and compared: when the store fails, it waits on.
   * @returns those that really differ, in the order in which they came.
   */
  async take(): Promise<CompleteWindow[]> {
    const revised: CompleteWindow[] = [];
    for (const [key, window] of [...this.#waiting].slice(0, REVISIONS_PER_STEP)) {
      try {
        const merged = await this.mergeAgain(window);
        if (merged !== undefined) revised.push(merged);
      } catch (error) {
        // Those that were merged already wait no longer: they must not go down with this one.
        if (revised.length === 0) throw error;
        return revised;
      }
      if (this.#waiting.get(key) === window) this.#waiting.delete(key);
    }
    return revised;
  }

  /** The window as its paths say now, under the next revision; `undefined` when the store's says the same. */
  async mergeAgain(window: WindowName): Promise<CompleteWindow | undefined> {
    const { store, clock, onPath } = this.#options;
    const { swimlane, source, windowStartMs, windowSizeMs } = window;
    const known = await this.#mergedBefore(window);
    const rows = await onPath(await store.readSegmentProfilesOfWindow(swimlane, source, windowStartMs));
    const target = { ...window, revision: (known?.revision ?? 0) + 1, mergedAtMs: clock.nowMs() };
    const merged = mergeWindow(
      target,
      rows.filter((row) => row.windowSizeMs === windowSizeMs),
    );
    if (known === undefined) return merged.window.recordCount > 0 ? merged : undefined;
    if (merged.window.recordCount < known.recordCount) return this.#refuseLoss(known, merged);
    return isSame(merged.window, known) ? undefined : merged;
  }

  /**
   * A lane's windows are merged and shown in their order: where the store shows a later one and not this, nobody has merged
   * it. It is older than the lane's first, or lies in a silence that was left out.
   */
  async #mergedBefore(window: WindowName): Promise<WindowRow | undefined> {
    const { swimlane, source, windowStartMs, windowSizeMs } = window;
    const filter = { swimlane, source, windowSizeMs, sinceMs: windowStartMs, limit: 1 };
    const [next] = await this.#options.store.readWindows(filter);
    if (next === undefined) throw notVisible(window);
    return next.windowStartMs === windowStartMs ? next : undefined;
  }

  /** The segments that a window was merged from can be gone (retention, a replay's store): it stays as it was. */
  #refuseLoss(known: WindowRow, { window }: CompleteWindow): undefined {
    const { telemetry } = this.#options;
    telemetry
      .counter("rollup_revisions_refused_total", "Windows not merged again: rows of theirs had expired")
      .inc();
    const { swimlane, source, windowStartMs, recordCount } = known;
    telemetry.log(
      "warn",
      "a window is not merged again: late records came after the rows of its earlier segments had expired. It stays as it was.",
      { swimlane, source, windowStartMs, recordCount, found: window.recordCount },
    );
    return undefined;
  }
}

function isSame(a: WindowRow, b: WindowRow): boolean {
  return a.recordCount === b.recordCount && a.profileCount === b.profileCount;
}

function notVisible(window: WindowName): OperationalError {
  return new OperationalError(
    `the store does not show the window of lane "${window.swimlane}" that late data belong to yet; it is tried again`,
    { code: "ROLLUP_WINDOW_NOT_VISIBLE", retryable: true, context: { ...window } },
  );
}
