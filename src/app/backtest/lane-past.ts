/**
 * A lane's history judged once, undamaged: the pages and warnings that the rules would have raised, and the auditor's
 * memory at the places where faults are then made.
 */
import { LaneAuditor } from "../../audit/lane-auditor.ts";
import type { LaneAuditorOptions } from "../../audit/lane-options.ts";
import { encodeMemory } from "../../audit/memory-codec.ts";
import { IncidentBook } from "../../incident/incident-book.ts";
import type { IncidentOptions } from "../../incident/options.ts";
import type { LaneName } from "../../rollup/lane-progress.ts";
import type { IncidentRow, Store } from "../../store/contract.ts";
import type { JudgedWindow } from "../audit/audit-service.ts";
import type { References } from "../audit/references.ts";
import { judgeStored } from "../audit/stored-windows.ts";

export interface PastOptions {
  readonly store: Store;
  readonly references: References;
  readonly auditorOptions: (lane: LaneName) => LaneAuditorOptions;
  readonly incidents: Partial<IncidentOptions>;
  readonly swimlane: string;
  readonly sources: readonly string[];
  readonly windowSizeMs: number;
  /** What is counted; everything before it is learned from. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Places for faults, by source. */
  readonly placesMs: ReadonlyMap<string, readonly number[]>;
  readonly onWindow: () => void;
}

/** Where a fault may begin: the auditor as it stood before that window. */
export interface Place {
  readonly source: string;
  readonly startMs: number;
  /** See memory-codec.ts. */
  readonly memory: string;
}

export interface Past {
  readonly windowCount: number;
  /** Windows of `windowCount` that could be judged: less those in which everything was still being learned. */
  readonly judgedCount: number;
  readonly incidents: readonly IncidentRow[];
  readonly places: readonly Place[];
}

export async function judgePast(options: PastOptions): Promise<Past> {
  const { sinceMs, onWindow } = options;
  const book = new IncidentBook({ ...options.incidents, groupLanes: 0 });
  const told = new Map<string, IncidentRow>();
  const places: Place[] = [];
  let [windowCount, judgedCount] = [0, 0];
  for await (const { complete, verdicts } of inEventTime(options, places)) {
    const { window } = complete;
    onWindow();
    for (const row of book.observe(window, verdicts).incidents) note(told, row);
    if (window.windowStartMs < sinceMs) continue;
    windowCount++;
    if (verdicts.some(({ answer }) => answer !== "insufficient")) judgedCount++;
  }
  const incidents = [...told.values()].filter(({ startMs }) => startMs >= sinceMs);
  return { windowCount, judgedCount, incidents: incidents.sort((a, b) => a.startMs - b.startMs), places };
}

/** The worst that an incident was while people would have been told of it. */
export function note(told: Map<string, IncidentRow>, row: IncidentRow): void {
  const known = told.get(row.id);
  const isTold = row.state === "open" || row.state === "acknowledged";
  if (known === undefined && !isTold) return;
  const severity = known?.severity === "page" ? "page" : isTold ? row.severity : known!.severity;
  told.set(row.id, { ...row, severity });
}

/** The sources' windows by their start: an incident of the lane takes them in that order. */
async function* inEventTime(options: PastOptions, places: Place[]): AsyncGenerator<JudgedWindow> {
  const streams = await Promise.all(
    options.sources.map(async (source) => {
      const windows = judgeSource(source, options, places);
      return { windows, next: await windows.next() };
    }),
  );
  for (;;) {
    const left = streams.filter(({ next }) => next.done !== true);
    if (left.length === 0) return;
    const first = left.reduce((a, b) => (startOf(b) < startOf(a) ? b : a));
    yield first.next.value as JudgedWindow;
    first.next = await first.windows.next();
  }
}

function startOf(stream: { readonly next: IteratorResult<JudgedWindow> }): number {
  return (stream.next.value as JudgedWindow).complete.window.windowStartMs;
}

async function* judgeSource(
  source: string,
  options: PastOptions,
  places: Place[],
): AsyncGenerator<JudgedWindow> {
  const { swimlane, windowSizeMs, untilMs, store, references } = options;
  const auditor = new LaneAuditor(options.auditorOptions({ swimlane, source }));
  auditor.shareAmong(options.sources.length);
  const due = [...(options.placesMs.get(source) ?? [])];
  const span = { swimlane, source, windowSizeMs, sinceMs: undefined, untilMs };
  for await (const judged of judgeStored(store, span, auditor, references)) {
    yield judged;
    const endMs = judged.complete.window.windowStartMs + windowSizeMs;
    if (due[0] === undefined || endMs < due[0]) continue;
    due.shift();
    places.push({ source, startMs: endMs, memory: encodeMemory(auditor.memory()) });
  }
}
