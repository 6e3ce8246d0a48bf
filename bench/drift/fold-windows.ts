/** Records folded into complete windows, in order: what rollup would hand the auditor. */
import { hashText } from "../../src/base/random.ts";
import type { CompleteWindow } from "../../src/rollup/complete-window.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";
import type { ProfileRow } from "../../src/store/contract.ts";

interface BenchRecord {
  readonly tsMs: number;
  readonly swimlane: string;
  readonly features: Readonly<Record<string, unknown>>;
}

interface OpenWindow {
  startMs: number;
  recordCount: number;
  readonly series: Map<string, number>;
}

/** Folds one lane's records; a window is complete when a later record comes. Silent windows come too. */
export class WindowFolder {
  readonly #arena = new ProfileArena();
  readonly #swimlane: string;
  readonly #windowSizeMs: number;
  #open: OpenWindow | undefined;

  constructor(swimlane: string, windowSizeMs: number) {
    this.#swimlane = swimlane;
    this.#windowSizeMs = windowSizeMs;
  }

  /** Windows that the record's time completes, then folds it. */
  add(record: BenchRecord): CompleteWindow[] {
    const startMs = Math.floor(record.tsMs / this.#windowSizeMs) * this.#windowSizeMs;
    const done = this.#open !== undefined && this.#open.startMs < startMs ? this.#closeUntil(startMs) : [];
    this.#open ??= { startMs, recordCount: 0, series: new Map() };
    this.#open.recordCount++;
    for (const [name, value] of Object.entries(record.features)) this.#fold(this.#open, name, value);
    return done;
  }

  /** The last window. */
  end(): CompleteWindow[] {
    return this.#open === undefined ? [] : this.#closeUntil(this.#open.startMs + this.#windowSizeMs);
  }

  #closeUntil(endMs: number): CompleteWindow[] {
    const open = this.#open!;
    const windows = [this.#complete(open)];
    for (let startMs = open.startMs + this.#windowSizeMs; startMs < endMs; startMs += this.#windowSizeMs) {
      windows.push(this.#complete({ startMs, recordCount: 0, series: new Map() }));
    }
    this.#open = undefined;
    return windows;
  }

  #complete(open: OpenWindow): CompleteWindow {
    const key = {
      windowStartMs: open.startMs,
      windowSizeMs: this.#windowSizeMs,
      swimlane: this.#swimlane,
      source: "",
    };
    const profiles: ProfileRow[] = [...open.series].map(([feature, series]) => {
      const profile = this.#arena.seal(series);
      this.#arena.release(series);
      return { feature, kind: "feature", revision: 1, recordCount: open.recordCount, profile, ...key };
    });
    const counts = { recordCount: open.recordCount, profileCount: profiles.length, segmentCount: 1 };
    return { window: { revision: 1, ...counts, mergedAtMs: 0, ...key }, profiles };
  }

  #fold(open: OpenWindow, name: string, value: unknown): void {
    let series = open.series.get(name);
    if (series === undefined) {
      series = this.#arena.open(hashText(`${this.#swimlane}|${name}|${open.startMs}`));
      open.series.set(name, series);
    }
    if (value === null) this.#arena.addNull(series);
    else if (typeof value === "number") this.#arena.addNumber(series, value);
    else if (typeof value === "boolean") this.#arena.addBoolean(series, value);
    else this.#arena.addString(series, String(value));
  }
}
