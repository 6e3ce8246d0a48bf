/**
 * Reads of many lanes' newest windows, asked for one by one and answered with one query for all that wait. At the end of
 * a window every lane asks at once, and a query costs the database far more than the rows of another lane.
 */
import { groupBy } from "../../base/group-by.ts";
import type { LaneName } from "../../rollup/lane-progress.ts";
import type { ProfileRow, RowFilter, Store, VerdictRow, WindowRow } from "../../store/contract.ts";

/** Lanes of one query. */
const LANES_MAX = 64;
/** A span of more windows is a catch-up: it is read by itself, so that nobody waits for it or holds its rows. */
export const FEW_WINDOWS = 4;
/** Rows of one query, for all of its lanes. */
const ROWS_MAX = 100_000;

export type SharedReads = Pick<Store, "readWindows" | "readProfiles" | "readVerdicts">;

/** The same answers as the store's. Filters of a lane's few windows wait for one another, others go straight through. */
export function sharedReads(store: SharedReads): SharedReads {
  const windows = new LaneReads<WindowRow>((filter) => store.readWindows(filter));
  const profiles = new LaneReads<ProfileRow>((filter) => store.readProfiles(filter));
  const verdicts = new LaneReads<VerdictRow>((filter) => store.readVerdicts(filter));
  return {
    readWindows: (filter) => windows.read(filter),
    readProfiles: (filter) => profiles.read(filter),
    readVerdicts: (filter) => verdicts.read(filter),
  };
}

/** Names what {@link LaneReads} shares, no more and no less. */
interface FewWindows extends LaneName {
  readonly windowSizeMs: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly limit?: number;
}

interface Waiting<Row> {
  readonly span: FewWindows;
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (error: unknown) => void;
}

class LaneReads<Row extends LaneName & { readonly windowStartMs: number }> {
  readonly #read: (filter: RowFilter) => Promise<readonly Row[]>;
  #waiting: Waiting<Row>[] = [];
  #isReading = false;

  constructor(read: (filter: RowFilter) => Promise<readonly Row[]>) {
    this.#read = read;
  }

  read(filter: RowFilter): Promise<readonly Row[]> {
    if (!isFewWindows(filter)) return this.#read(filter);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ span: filter, resolve, reject });
      if (!this.#isReading) void this.#readAll();
    });
  }

  async #readAll(): Promise<void> {
    this.#isReading = true;
    await null; // whoever asks in this turn comes along
    while (this.#waiting.length > 0) await this.#readGroup(this.#takeGroup());
    this.#isReading = false;
  }

  /** Those that wait for about the same time as the first, which is among them. */
  #takeGroup(): Waiting<Row>[] {
    const { windowSizeMs, sinceMs, untilMs } = this.#waiting[0]!.span;
    const [fromMs, toMs] = [untilMs - FEW_WINDOWS * windowSizeMs, sinceMs + FEW_WINDOWS * windowSizeMs];
    const group: Waiting<Row>[] = [];
    this.#waiting = this.#waiting.filter((waiting) => {
      const { span } = waiting;
      const fits = span.windowSizeMs === windowSizeMs && span.sinceMs >= fromMs && span.untilMs <= toMs;
      if (!fits || group.length >= LANES_MAX) return true;
      group.push(waiting);
      return false;
    });
    return group;
  }

  async #readGroup(group: readonly Waiting<Row>[]): Promise<void> {
    try {
      const rows = group.length > 1 ? await this.#read(filterOf(group.map(({ span }) => span))) : [];
      // Alone, or cut short, so that which lanes lack rows is not known: each as it was asked for.
      if (group.length === 1 || rows.length >= ROWS_MAX) {
        for (const { span, resolve } of group) resolve(await this.#read(span));
        return;
      }
      const byLane = groupBy(rows, nameOf);
      for (const { span, resolve } of group) {
        const isWithin = (row: Row) => row.windowStartMs >= span.sinceMs && row.windowStartMs < span.untilMs;
        resolve((byLane.get(nameOf(span)) ?? []).filter(isWithin).slice(0, span.limit));
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}

const SHARED_KEYS = new Set(["swimlane", "source", "windowSizeMs", "sinceMs", "untilMs", "limit"]);

function isFewWindows(filter: RowFilter): filter is FewWindows {
  const { swimlane, source, windowSizeMs, sinceMs, untilMs } = filter;
  const isWhole = swimlane !== undefined && source !== undefined && windowSizeMs !== undefined;
  if (!isWhole || sinceMs === undefined || untilMs === undefined) return false;
  return (
    untilMs - sinceMs <= FEW_WINDOWS * windowSizeMs &&
    Object.keys(filter).every((key) => SHARED_KEYS.has(key))
  );
}

function filterOf(spans: readonly FewWindows[]): RowFilter {
  return {
    swimlanes: [...new Set(spans.map(({ swimlane }) => swimlane))],
    windowSizeMs: spans[0]!.windowSizeMs,
    sinceMs: Math.min(...spans.map(({ sinceMs }) => sinceMs)),
    untilMs: Math.max(...spans.map(({ untilMs }) => untilMs)),
    limit: ROWS_MAX,
  };
}

function nameOf({ swimlane, source }: LaneName): string {
  return JSON.stringify([swimlane, source]);
}
