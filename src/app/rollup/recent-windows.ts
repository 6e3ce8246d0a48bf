import type { CompleteWindow } from "../../rollup/complete-window.ts";
import { type LaneName, laneKey } from "../../rollup/lane-progress.ts";

/**
 * Windows merged by this process and not yet judged by it, so that an audit in the same process need not read them
 * back. Only a shortcut: what is not here is read from the store.
 */
export class RecentWindows {
  readonly #windowsMax: number;
  readonly #lanesBefore: ReadonlySet<string>;
  readonly #byLane = new Map<string, CompleteWindow[]>();
  #count = 0;
  #cleared = false;

  /**
   * @param windowsMax most windows kept; 0 keeps none (audits run elsewhere).
   * @param lanesBefore keys of lanes that had windows before this process began: their beginning is in the store only.
   */
  constructor(windowsMax: number, lanesBefore: ReadonlySet<string>) {
    this.#windowsMax = windowsMax;
    this.#lanesBefore = lanesBefore;
  }

  /** Adds windows of a lane, in order. Past the bound all are forgotten, and read from the store instead. */
  add(windows: readonly CompleteWindow[]): void {
    for (const complete of windows) {
      const key = laneKey(complete.window);
      const lane = this.#byLane.get(key);
      if (lane === undefined) this.#byLane.set(key, [complete]);
      else lane.push(complete);
    }
    this.#count += windows.length;
    if (this.#count > this.#windowsMax) this.clear();
  }

  /**
   * Windows of the lane after `lastStartMs` up to and with `untilStartMs`, which are then forgotten.
   * @returns undefined when they are not all here.
   */
  after(
    lane: LaneName,
    lastStartMs: number,
    untilStartMs: number,
    countMax: number,
  ): readonly CompleteWindow[] | undefined {
    const key = laneKey(lane);
    const windows = this.#byLane.get(key);
    const first = windows?.[0];
    if (windows === undefined || first === undefined) return undefined;
    const follows = Number.isFinite(lastStartMs)
      ? first.window.windowStartMs <= lastStartMs + first.window.windowSizeMs
      : !this.#lanesBefore.has(key) && !this.#cleared;
    if (!follows) return undefined;
    const wanted = windows
      .filter(({ window }) => window.windowStartMs > lastStartMs && window.windowStartMs <= untilStartMs)
      .slice(0, countMax);
    if (wanted.length === 0) return undefined;
    const upToMs = wanted.at(-1)!.window.windowStartMs;
    const kept = windows.filter(({ window }) => window.windowStartMs > upToMs);
    this.#count -= windows.length - kept.length;
    this.#byLane.set(key, kept);
    return wanted;
  }

  /** Lets go of a lane whose windows are read from the store whatever is here. */
  forget(lane: LaneName): void {
    const key = laneKey(lane);
    this.#count -= this.#byLane.get(key)?.length ?? 0;
    this.#byLane.delete(key);
  }

  clear(): void {
    this.#cleared = true;
    this.#byLane.clear();
    this.#count = 0;
  }
}
