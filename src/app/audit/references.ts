/**
 * What lanes are held to beside their own past: the baselines that people keep in the store, and other lanes at the
 * same time. Looked up again every so often, so that what is promoted or retired holds without a restart.
 */

import { compilePattern } from "../../assign/lane.ts";
import type { NamedReference } from "../../audit/reference/named-reference.ts";
import { isHeld, keptReference, laneReference } from "../../audit/reference/reference-rows.ts";
import type { Clock } from "../../base/clock.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { type CompleteWindow, isWhole } from "../../rollup/complete-window.ts";
import type { LaneName } from "../../rollup/lane-progress.ts";
import type { BaselineRow, Store, WindowRow } from "../../store/contract.ts";
import { readCompleteWindows } from "./read-complete-windows.ts";

export interface ReferencesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Lanes that a lane is compared with. */
  readonly compareWith: (swimlane: string) => readonly string[];
  /** Also windows of before a baseline was kept, where today's rules are tried on the past. @default false */
  readonly onThePast?: boolean;
}

/** Until a baseline that someone promoted, imported or retired is minded. */
const REFRESH_MS = 15_000;
/** Baselines in use whose profiles are kept in memory; more are told of and not held to. */
const BASELINES_MAX = 1_000;
const WINDOWS_MAX = 10_000;

interface Kept {
  readonly row: BaselineRow;
  readonly pattern: RegExp;
  /** Undefined until a window that is held to it comes, and while the store does not show all of its profiles. */
  reference: NamedReference | undefined;
}

type LaneOfSize = LaneName & { readonly windowSizeMs: number };

export type ReferencesOf = (window: WindowRow) => readonly NamedReference[];

export class References {
  readonly #options: ReferencesOptions;
  #kept: readonly Kept[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReferencesOptions) {
    this.#options = options;
  }

  /** What the given windows of one lane are held to, which are in order. */
  async of(lane: LaneOfSize, windows: readonly CompleteWindow[]): Promise<ReferencesOf> {
    const kept = await this.#keptFor(lane, windows);
    const others = await this.#lanesAt(lane, windows);
    return (window) => [
      ...kept
        .filter(({ row }) => this.#holds(row, window.windowStartMs))
        .flatMap(({ reference }) => reference ?? []),
      ...others(window),
    ];
  }

  #holds(row: BaselineRow, startMs: number): boolean {
    if (this.#options.onThePast !== true) return isHeld(row, startMs);
    return Number.isNaN(row.retiredAtMs) && !(startMs < row.untilMs);
  }

  async #lanesAt(lane: LaneOfSize, windows: readonly CompleteWindow[]): Promise<ReferencesOf> {
    const first = windows[0]?.window.windowStartMs;
    if (first === undefined) return () => [];
    const span = { ...lane, sinceMs: first, untilMs: windows.at(-1)!.window.windowStartMs + 1 };
    const lanes = await Promise.all(
      this.#othersOf(lane).map(async (swimlane) => {
        const read = await readCompleteWindows(this.#options.store, { ...span, swimlane }, WINDOWS_MAX);
        const whole = read.filter(isWhole);
        return { swimlane, byStart: new Map(whole.map((each) => [each.window.windowStartMs, each])) };
      }),
    );
    return (window) =>
      lanes.map(({ swimlane, byStart }) => laneReference(swimlane, byStart.get(window.windowStartMs)));
  }

  /** Starts of the windows of a span that any of the other lanes has; profiles are not read for it. */
  async othersHave(lane: LaneOfSize, sinceMs: number, untilMs: number): Promise<ReadonlySet<number>> {
    const { source, windowSizeMs } = lane;
    const starts = new Set<number>();
    for (const swimlane of this.#othersOf(lane)) {
      const filter = { swimlane, source, windowSizeMs, sinceMs, untilMs, limit: WINDOWS_MAX };
      for (const { windowStartMs } of await this.#options.store.readWindows(filter))
        starts.add(windowStartMs);
    }
    return starts;
  }

  #othersOf({ swimlane }: LaneName): readonly string[] {
    return this.#options.compareWith(swimlane).filter((name) => name !== swimlane);
  }

  async #keptFor(
    { swimlane, source }: LaneName,
    windows: readonly CompleteWindow[],
  ): Promise<readonly Kept[]> {
    await this.#refresh();
    const kept = this.#kept.filter(({ row, pattern }) => row.source === source && pattern.test(swimlane));
    for (const each of kept) {
      if (each.reference !== undefined) continue;
      if (!windows.some(({ window }) => this.#holds(each.row, window.windowStartMs))) continue;
      each.reference = await this.#load(each.row);
    }
    return kept;
  }

  async #refresh(): Promise<void> {
    const { store, clock, telemetry } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs - this.#readAtMs < REFRESH_MS) return;
    this.#readAtMs = nowMs;
    const rows = await store.readBaselines({});
    const inUse = rows.filter((row) => Number.isNaN(row.retiredAtMs));
    if (inUse.length > BASELINES_MAX)
      telemetry.event(
        "warn",
        "audit_baselines_beyond_max",
        `More than ${BASELINES_MAX} baselines: the newest are not held to`,
      );
    // The retired ones are for windows of their time that are judged again; their profiles are read only then.
    const retired = rows.filter((row) => !Number.isNaN(row.retiredAtMs)).reverse();
    const before = new Map(this.#kept.map((kept) => [versionOf(kept.row), kept]));
    this.#kept = [...inUse, ...retired]
      .slice(0, BASELINES_MAX)
      .map(
        (row) =>
          before.get(versionOf(row)) ?? { row, pattern: compilePattern(row.swimlane), reference: undefined },
      );
    telemetry.gauge("audit_baselines_kept", "Baselines that are not retired").set(inUse.length);
  }

  /** Undefined while the store does not show all of its profiles yet: the next batch looks again. */
  async #load(row: BaselineRow): Promise<NamedReference | undefined> {
    const profiles = await this.#options.store.readBaselineProfiles(row);
    return profiles === undefined ? undefined : keptReference(row, profiles);
  }
}

function versionOf(row: BaselineRow): string {
  return JSON.stringify([row.createdAtMs, row.changedAtMs, row.swimlane, row.source, row.name]);
}
