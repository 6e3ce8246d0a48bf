/** What every route reads from: the options with their defaults filled in, and the shared board of lanes. */
import type { ControlOptions, LaneSettings } from "./contract.ts";
import type { PlainTables } from "./history/lean-reads.ts";
import { LaneBoard } from "./lanes/lane-board.ts";

export interface Knowledge {
  readonly options: ControlOptions;
  readonly board: LaneBoard;
  readonly tables: PlainTables;
  /** Now, on the axis of event time. */
  readonly eventNowMs: () => number;
  readonly settingsOf: (swimlane: string) => LaneSettings;
  readonly startedAtMs: number;
}

export function knowledgeOf(options: ControlOptions): Knowledge {
  const eventNowMs = options.eventNowMs ?? (() => options.clock.nowMs());
  const configuredLanes = options.configuredLanes ?? (() => []);
  const { store, clock, laneSettings } = options;
  const tables = { store, tablePrefix: store.tablePrefix };
  return {
    options,
    tables,
    board: new LaneBoard({ store, tables, clock, eventNowMs, laneSettings, configuredLanes }),
    eventNowMs,
    settingsOf: laneSettings,
    startedAtMs: clock.nowMs(),
  };
}
