/**
 * The series that can be seen on screen, kept current.
 *
 * A lane may have hundreds of features; only those in view are asked for, new ones whole, known ones from their
 * newest windows on (a few again, for records that came late). One request at a time, however fast one scrolls.
 */
import type { SeriesAnswer, SeriesListAnswer } from "../../wire.ts";
import { ask, noteSilence } from "./api.ts";
import { mergeSeries } from "./merge-series.ts";
import { type Observable, observable } from "./observable.ts";
import { POLL_MS } from "./poll.ts";
import { durationMs, type Range } from "./time-range.ts";

/** Series asked for whole in one request. */
const WHOLE_BATCH_MAX = 6;
const KNOWN_BATCH_MAX = 50;
/** Windows asked for again. */
const REREAD_POINTS = 6;
const POLL_MS_MAX = 30_000;
/** A closed span changes only when late records come. */
const CLOSED_POLL_MS = 30_000;

export interface FeedAsked {
  readonly swimlane: string;
  readonly source: string;
  readonly range: Range;
  /** Start of the lane's first window, for "everything stored". */
  readonly firstMs: number;
  /** Most points in a series. */
  readonly points: number;
}

export interface FeedState {
  /** Grows with every change, so that what is drawn knows. */
  readonly version: number;
  readonly error: unknown;
  /** What the newest answer says about itself; `undefined` before the first. */
  readonly about: Omit<SeriesListAnswer, "series"> | undefined;
}

export class SeriesFeed {
  readonly state: Observable<FeedState> = observable<FeedState>({
    version: 0,
    error: undefined,
    about: undefined,
  });
  readonly #asked: FeedAsked;
  readonly #series = new Map<string, SeriesAnswer>();
  readonly #wanted = new Map<string, number>();
  readonly #stop = new AbortController();
  /** Requests in a row that brought no new window. */
  #quietPolls = 0;
  #wake: () => void = () => {};

  constructor(asked: FeedAsked) {
    this.#asked = asked;
    void this.#run();
  }

  stop(): void {
    this.#stop.abort();
    this.#wake();
  }

  get(feature: string): SeriesAnswer | undefined {
    return this.#series.get(feature);
  }

  /** Several may want the same feature. @returns to be called when it is no longer wanted. */
  want(feature: string): () => void {
    this.#wanted.set(feature, (this.#wanted.get(feature) ?? 0) + 1);
    if (!this.#series.has(feature)) queueMicrotask(() => this.#wake());
    return () => {
      const count = (this.#wanted.get(feature) ?? 1) - 1;
      if (count > 0) this.#wanted.set(feature, count);
      else this.#wanted.delete(feature);
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // What is shown for the first time comes first; what is known may be a moment older.
      const fresh = [...this.#wanted.keys()]
        .filter((feature) => !this.#series.has(feature))
        .slice(0, WHOLE_BATCH_MAX);
      const known = [...this.#wanted.keys()]
        .filter((feature) => this.#series.has(feature))
        .slice(0, KNOWN_BATCH_MAX);
      try {
        if (fresh.length > 0) await this.#askWhole(fresh);
        else if (known.length > 0) await this.#askNewest(known);
      } catch (error) {
        if (signal.aborted) return;
        noteSilence(error);
        this.#tell({ error });
      }
      // Cards may have come into view while this request was under way.
      const waiting = [...this.#wanted.keys()].some((feature) => !this.#series.has(feature));
      await this.#rest(waiting && this.state.get().error === undefined ? 0 : this.#pauseMs());
    }
  }

  async #askWhole(features: readonly string[]): Promise<void> {
    const { swimlane, source, points } = this.#asked;
    const about = this.state.get().about;
    const layout =
      about === undefined ? { points } : { window: `${about.windowSizeMs}ms`, step: `${about.stepMs}ms` };
    const answer = await ask<SeriesListAnswer>(
      "/v1/series",
      { swimlane, source, feature: features, ...this.#span(), ...layout },
      this.#stop.signal,
    );
    for (const series of answer.series) this.#series.set(series.feature, series);
    const { series: _, ...rest } = answer;
    this.#tell({ error: undefined, about: rest });
  }

  async #askNewest(features: readonly string[]): Promise<void> {
    const { swimlane, source, range } = this.#asked;
    const about = this.state.get().about;
    if (about === undefined) return;
    const lastMs = Math.min(
      ...features.map((feature) => this.#series.get(feature)?.startMs.at(-1) ?? about.sinceMs),
    );
    const since = String(Math.max(about.sinceMs, lastMs - REREAD_POINTS * about.stepMs));
    const layout = { window: `${about.windowSizeMs}ms`, step: `${about.stepMs}ms` };
    const until = range.kind === "span" ? { until: String(range.untilMs) } : {};
    const answer = await ask<SeriesListAnswer>(
      "/v1/series",
      { swimlane, source, feature: features, since, ...until, ...layout },
      this.#stop.signal,
    );
    const sinceMs = range.kind === "last" ? answer.untilMs - durationMs(range.duration) : about.sinceMs;
    const newestMs = Math.max(...answer.series.map((series) => series.startMs.at(-1) ?? 0));
    this.#quietPolls = newestMs > lastMs ? 0 : this.#quietPolls + 1;
    for (const series of answer.series) {
      const before = this.#series.get(series.feature);
      this.#series.set(
        series.feature,
        before === undefined ? series : mergeSeries(before, series, answer.sinceMs, sinceMs - about.stepMs),
      );
    }
    this.#tell({ error: undefined, about: { ...about, sinceMs, untilMs: answer.untilMs } });
  }

  #span(): { since: string; until?: string } {
    const { range, firstMs } = this.#asked;
    if (range.kind === "span") return { since: String(range.sinceMs), until: String(range.untilMs) };
    return { since: range.kind === "all" ? String(firstMs) : range.duration };
  }

  #tell(change: Partial<FeedState>): void {
    if (this.#stop.signal.aborted) return;
    const before = this.state.get();
    this.state.set({ ...before, ...change, version: before.version + 1 });
  }

  /** Windows of an hour need no look every two seconds, but those of a replay may come faster than their own time. */
  #pauseMs(): number {
    if (this.#asked.range.kind === "span") return CLOSED_POLL_MS;
    const stepMs = this.state.get().about?.stepMs ?? 0;
    const pauseMs = POLL_MS * 2 ** Math.min(this.#quietPolls, 8);
    return Math.min(pauseMs, POLL_MS_MAX, Math.max(POLL_MS, stepMs / 4));
  }

  #rest(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
