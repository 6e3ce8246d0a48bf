/**
 * What must hold after every step, against an oracle that knows the log: every segment is true, every path tiles and
 * counts only what can be read, no window is merged without a record that was on time, and nobody is paged for nothing.
 */

import { OUTCOMES, type OutcomeCounts } from "../../src/decode/outcome.ts";
import type { Rollup } from "../../src/rollup/rollup.ts";
import type { Manifest, SegmentKey, SegmentProfile } from "../../src/segment/manifest.ts";
import type { ProfileRow, StateRow, WindowRow } from "../../src/store/contract.ts";
import { type Cells, MANIFEST_ROWS, SEGMENT_WINDOW_ROWS, STATE_ROWS } from "../../src/store/rows.ts";
import { SEGMENT_WINDOWS, SEGMENTS, STATES, type Table } from "../../src/store/schema.ts";
import { profilesOfRow } from "../../src/store/segment-windows.ts";
import type { Broker } from "./broker.ts";
import { type LogRecord, type PartitionLog, type WindowTruth, windowKey } from "./log.ts";
import { IDLE_TIMEOUT_MS, LANE, WINDOW_MS } from "./processes.ts";
import type { World } from "./world.ts";

type Lost = readonly (readonly [number, number])[];

/** How far a wall clock that jumps may lead the idle rule, at most: see src/rollup/steady-time.ts. */
const CLOCK_DOUBT_MS = 90_000;

export class Checks {
  readonly #world: World;
  readonly #broker: Broker;
  /** Rows of each segment that can be read, by the segment's name. */
  readonly #shownRows = new Map<string, Set<string>>();
  /** Where manifests end that the store has taken, readable yet or not. */
  readonly #takenEnds = new Set<string>();
  readonly manifests = new Map<string, Manifest>();
  readonly #lost = new Map<string, Lost>();
  /** What each rollup's path of a partition was when it was last looked at. */
  readonly #paths = new WeakMap<
    object,
    { path: readonly Manifest[]; length: number; last: Manifest | undefined; sums: Map<string, WindowTruth> }
  >();
  readonly #released = new WeakMap<object, Map<string, number>>();
  /** First merged count of each window. */
  readonly first = new Map<string, { readonly count: number; readonly atMs: number; readonly by: string }>();
  anyLost = false;

  constructor(world: World, broker: Broker) {
    this.#world = world;
    this.#broker = broker;
  }

  /** Rows that the store has taken. */
  taken(table: Table, rows: readonly Cells[]): void {
    if (table === STATES) for (const row of rows) this.#stateTaken(STATE_ROWS.fromCells(row));
    if (table !== SEGMENTS) return;
    const { logId, countedLogId } = this.#broker;
    if (logId !== undefined && countedLogId === undefined)
      this.#fail("segments are in the store, and nothing in it says of which topic");
    for (const row of rows) {
      const { partition, endOffset } = MANIFEST_ROWS.fromCells(row);
      this.#takenEnds.add(`${partition}|${endOffset}`);
    }
  }

  /** A store counts one topic of a name: the one whose id it was given first. */
  #stateTaken({ key, value }: StateRow): void {
    const [, claimed] = /^source\|log\|records\|claim\|(.*)$/.exec(key) ?? [];
    if (claimed !== undefined) this.#broker.told(claimed);
    if (!/^source\|log\|records\|\d+$/.test(key) || this.#broker.count(value)) return;
    this.#fail(`${key} becomes ${value}, and ${this.#broker.countedLogId} was counted before`);
  }

  /** Whether the store was ever given a segment of a partition. */
  hasTaken({ partition }: PartitionLog): boolean {
    for (const end of this.#takenEnds) if (end.startsWith(`${partition}|`)) return true;
    return false;
  }

  /** A commit says that the store has everything before it: only a manifest that it took says so. */
  committed(partition: number, endOffset: number): void {
    if (!this.#takenEnds.has(`${partition}|${endOffset}`))
      this.#fail(`${partition}:${endOffset} is committed, and the store has no manifest that ends there`);
  }

  shown(table: Table, rows: readonly Cells[]): void {
    if (table === SEGMENT_WINDOWS)
      for (const row of rows.map(SEGMENT_WINDOW_ROWS.fromCells))
        for (const profile of profilesOfRow(row)) this.#profileShown(profile, row.manifest);
    if (table === SEGMENTS) for (const row of rows) this.#manifestShown(MANIFEST_ROWS.fromCells(row));
  }

  /** Every live rollup's paths, as far as they changed. */
  step(rollups: Iterable<Rollup>): void {
    for (const rollup of rollups)
      for (const frontier of rollup.frontiers) {
        const known = this.#paths.get(frontier);
        const { path } = frontier;
        if (known?.path === path && known.length === path.length) continue;
        const extended = known?.path === path && path[known.length - 1] === known.last;
        const from = extended ? known.length : 0;
        const sums = extended ? known.sums : new Map<string, WindowTruth>();
        for (let i = from; i < path.length; i++) this.#onPath(path, i, sums);
        this.#paths.set(frontier, { path, length: path.length, last: path.at(-1), sums });
      }
  }

  /** A window on its way to the store: exactly what the paths hold, and all that was on time. */
  released(rollup: Rollup, windows: readonly WindowRow[], profiles: readonly ProfileRow[], by: string): void {
    this.step([rollup]);
    const before = this.#released.get(rollup) ?? new Map<string, number>();
    this.#released.set(rollup, before);
    for (const window of windows) {
      const key = windowKey(window.swimlane, window.windowStartMs);
      const name = `window ${key} r${window.revision} by ${by}`;
      const truth = this.#onPaths(rollup, key);
      const x = profiles.find(
        (row) =>
          row.feature === "x" &&
          row.swimlane === window.swimlane &&
          row.windowStartMs === window.windowStartMs,
      )?.profile;
      // A write that failed is tried again, while the paths have gone on.
      const isAgain = before.get(`${key}|${window.revision}`) === window.recordCount;
      before.set(`${key}|${window.revision}`, window.recordCount);
      if (isAgain) continue;
      if (window.revision === 1) {
        if (window.recordCount !== truth.count)
          this.#fail(`${name} counts ${window.recordCount}, its paths ${truth.count}`);
        else if (
          truth.count > 0 &&
          (x?.numberCount !== truth.count || x.min !== truth.min || x.max !== truth.max)
        )
          this.#fail(
            `${name}: x is ${x?.numberCount} in ${x?.min}…${x?.max}, the log says ${JSON.stringify(truth)}`,
          );
      } else if (x !== undefined && x.numberCount !== window.recordCount)
        this.#fail(`${name}: profile and count differ`);
      const onTime = this.onTime(key);
      if (!this.anyLost && window.recordCount < onTime)
        this.#fail(`${name} is incomplete: ${window.recordCount} of ${onTime} records that were on time`);
      if (!this.first.has(key))
        this.first.set(key, { count: window.recordCount, atMs: this.#world.nowMs, by });
    }
  }

  /** Records of a window, so far in the log, that no complete window may lack. */
  onTime(key: string): number {
    const [, start] = key.split("|");
    const closeMs = Number(start) + WINDOW_MS + LANE.allowedLatenessMs;
    return this.#recordsOf(key).filter((record) => {
      const punctual = record.logTimeMs < closeMs;
      const first = record.watermarkBeforeMs === Number.NEGATIVE_INFINITY;
      const held = !first && record.logTimeMs < closeMs + IDLE_TIMEOUT_MS - CLOCK_DOUBT_MS;
      return record.watermarkBeforeMs < closeMs && (punctual || held);
    }).length;
  }

  /** True where so many of a window's records were brought late that what a window may lack is a page's worth. */
  isMostlyLate(key: string): boolean {
    return 2 * this.onTime(key) < this.#recordsOf(key).length;
  }

  #recordsOf(key: string): readonly LogRecord[] {
    const [lane, start] = key.split("|");
    return this.#broker.countedLogs.flatMap((log) =>
      log.records.filter(
        (record) =>
          record.lane === lane &&
          record.outcome === "ok" &&
          record.offset >= log.firstOffset &&
          Math.floor(record.eventMs / WINDOW_MS) * WINDOW_MS === Number(start),
      ),
    );
  }

  /** At the end of a run: records that came after a window was merged and still were on time. */
  nothingForgotten(): void {
    if (this.anyLost) return;
    for (const [key, { count, by }] of this.first) {
      const onTime = this.onTime(key);
      if (count < onTime)
        this.#fail(`window ${key} was merged by ${by} with ${count} records, ${onTime} were on time`);
    }
  }

  /** The furthest tiling of a partition by what the store shows: walked here independently of the code under test. */
  tiledTo(log: PartitionLog): number {
    const mine = [...this.manifests.values()].filter(
      (m) => m.partition === log.partition && m.topic === log.topic && this.#isReadable(m),
    );
    // Without a segment nothing of it is read: it is tiled up to where it begins.
    let end = mine.length === 0 ? log.firstOffset : Math.min(...mine.map((m) => m.startOffset));
    const reached = new Set([end]);
    for (const m of mine.sort((a, b) => a.startOffset - b.startOffset))
      if (reached.has(m.startOffset)) {
        reached.add(m.endOffset);
        end = Math.max(end, m.endOffset);
      }
    return end;
  }

  #onPaths(rollup: Rollup, key: string): WindowTruth {
    const total = { count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    for (const frontier of rollup.frontiers) {
      const sum = this.#paths.get(frontier)?.sums.get(key);
      if (sum === undefined) continue;
      total.count += sum.count;
      total.min = Math.min(total.min, sum.min);
      total.max = Math.max(total.max, sum.max);
    }
    return total;
  }

  #onPath(path: readonly Manifest[], i: number, sums: Map<string, WindowTruth>): void {
    const manifest = path[i]!;
    const before = path[i - 1];
    if (before !== undefined && before.endOffset !== manifest.startOffset)
      this.#fail(
        `the path of ${nameOf(manifest)} has a gap or an overlap: ${before.endOffset} to ${manifest.startOffset}`,
      );
    if (!this.#isReadable(manifest))
      this.#fail(`the path counts ${nameOf(manifest)}, whose rows cannot all be read`);
    const log = this.#broker.countedLogs[manifest.partition]!;
    if (i === 0) {
      const earlier = [...this.manifests.values()].find(
        (m) => m.partition === manifest.partition && m.startOffset < manifest.startOffset,
      );
      if (earlier !== undefined)
        this.#fail(`the path begins at ${nameOf(manifest)}, though ${nameOf(earlier)} comes before it`);
    }
    log.windows(
      manifest.startOffset,
      manifest.endOffset,
      WINDOW_MS,
      this.#lost.get(nameOf(manifest)) ?? [],
      sums,
    );
  }

  #isReadable(manifest: Manifest): boolean {
    return (this.#shownRows.get(nameOf(manifest))?.size ?? 0) === manifest.rowCount;
  }

  #profileShown({ windowStartMs, swimlane, feature, profile }: SegmentProfile, manifest: SegmentKey): void {
    const name = nameOf(manifest);
    const key = `${windowStartMs}|${swimlane}|${feature}`;
    const shown = this.#shownRows.get(name);
    if (shown === undefined) this.#shownRows.set(name, new Set([key]));
    else shown.add(key);
    if (feature !== "x") return;
    const log = this.#broker.countedLogs[manifest.partition]!;
    const { startOffset: from, endOffset: to } = manifest;
    // A range of which parts were lost to some reader is held by its manifest alone.
    if (log.lostRanges.some(([lostFrom, lostTo]) => lostFrom < to && lostTo > from)) return;
    const truth = log.windows(from, to, WINDOW_MS).get(windowKey(swimlane, windowStartMs));
    const is = [profile.numberCount, profile.min, profile.max];
    const should = [truth?.count ?? 0, truth?.min, truth?.max];
    if (is.join() !== should.join())
      this.#fail(`segment ${name}, ${key}: ${is.join()}, the log says ${should.join()}`);
  }

  #manifestShown(manifest: Manifest): void {
    const name = nameOf(manifest);
    const log = this.#broker.countedLogs[manifest.partition]!;
    const { startOffset: from, endOffset: to } = manifest;
    const lost = manifest.outcomes.lost === 0 ? [] : lostWithin(log, from, to, manifest.outcomes.lost);
    if (manifest.outcomes.lost > 0) this.anyLost = true;
    if (lost === undefined) {
      this.#fail(`segment ${name} counts ${manifest.outcomes.lost} lost; nobody found them gone`);
      return;
    }
    const truth = log.outcomes(from, to, lost);
    const wrong = differing(manifest.outcomes, truth);
    if (wrong.length > 0) this.#fail(`segment ${name}: ${wrong.join(", ")}`);
    const known = this.manifests.get(name);
    // The time of a segment without a record is when it was read; nothing rests on it.
    const dated = {
      ...manifest,
      startedAtMs: manifest.byteCount === 0 ? known?.startedAtMs : manifest.startedAtMs,
    };
    if (known !== undefined && JSON.stringify({ ...known, ...dated }) !== JSON.stringify(known))
      this.#fail(`segment ${name} was written twice and differs: ${JSON.stringify([known, manifest])}`);
    this.manifests.set(name, manifest);
    this.#lost.set(name, lost);
  }

  #fail(what: string): void {
    this.#world.fail(what);
  }
}

function nameOf(manifest: SegmentKey): string {
  return `${manifest.partition}:${manifest.startOffset}-${manifest.endOffset}/${manifest.shape}`;
}

function differing(is: OutcomeCounts, should: OutcomeCounts): string[] {
  return OUTCOMES.filter((outcome) => is[outcome] !== should[outcome]).map(
    (outcome) => `${outcome} ${is[outcome]}, the log says ${should[outcome]}`,
  );
}

/** Ranges that readers found deleted, within the segment and as many offsets together as it says. */
function lostWithin(log: PartitionLog, from: number, to: number, count: number): Lost | undefined {
  const within = [...new Map(log.lostRanges.map((range) => [range.join(), range])).values()].filter(
    ([lostFrom, lostTo]) => lostFrom >= from && lostTo <= to,
  );
  const search = (i: number, left: number, taken: Lost): Lost | undefined => {
    if (left === 0) return taken;
    const range = within[i];
    if (range === undefined || left < 0) return undefined;
    const overlaps = taken.some(([a, b]) => a < range[1] && b > range[0]);
    return (
      (overlaps ? undefined : search(i + 1, left - (range[1] - range[0]), [...taken, range])) ??
      search(i + 1, left, taken)
    );
  };
  return search(0, count, []);
}
