/** Brings judged windows to the incident service: within the process in event-time order, or as jobs from other processes. */

import type { Clock } from "../../base/clock.ts";
import { OperationalError } from "../../base/errors.ts";
import { groupBy } from "../../base/group-by.ts";
import type { JobQueue } from "../../queue/contract.ts";
import { type LaneName, laneKey } from "../../rollup/lane-progress.ts";
import type { Store, VerdictRow } from "../../store/contract.ts";
import type { JudgedWindow } from "../audit/audit-service.ts";
import { type SharedReads, sharedReads } from "../audit/shared-reads.ts";
import { onceVisible } from "../once-visible.ts";
import type { IncidentService, WindowVerdicts } from "./incident-service.ts";

/** Windows of one lane and source whose verdicts are to be looked at. */
export interface IncidentJob extends LaneName {
  readonly windowSizeMs: number;
  /** Half-open span of window starts, epoch ms. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Verdicts that the store must show before they are looked at. */
  readonly verdictCount: number;
}

/** Collects what is judged and has it observed in event-time order over all lanes, whichever lane was judged first. */
export class IncidentInbox {
  readonly #service: IncidentService;
  #waiting: WindowVerdicts[] = [];

  constructor(service: IncidentService) {
    this.#service = service;
  }

  get hasNews(): boolean {
    return this.#waiting.length > 0 || this.#service.hasUnwritten;
  }

  add(judged: readonly JudgedWindow[]): void {
    this.#waiting.push(...judged.map(({ complete, verdicts }) => ({ window: complete.window, verdicts })));
  }

  async flush(): Promise<void> {
    const windows = this.#waiting;
    this.#waiting = [];
    await this.#service.observe(windows);
  }
}

/** The job that has another process look at judged windows of one lane. */
export async function enqueueIncidentJob(
  queue: JobQueue<IncidentJob>,
  judged: readonly JudgedWindow[],
): Promise<void> {
  const first = judged[0]?.complete.window;
  const last = judged.at(-1)?.complete.window;
  if (first === undefined || last === undefined) return;
  const { swimlane, source, windowSizeMs } = first;
  const verdictCount = new Set(judged.flatMap(({ verdicts }) => verdicts.map(verdictName))).size;
  const job = {
    swimlane,
    source,
    windowSizeMs,
    sinceMs: first.windowStartMs,
    untilMs: last.windowStartMs + 1,
    verdictCount,
  };
  await queue.add(`${laneKey(first)}|${windowSizeMs}|${job.sinceMs}|${job.untilMs}|r${last.revision}`, job);
}

/** Equal for rows that replace one another in the store. */
function verdictName(row: VerdictRow): string {
  return `${row.windowStartMs}|${row.feature}|${row.detector}`;
}

/** How often it is written down how far each lane has been observed. */
const CURSORS_EVERY_MS = 5_000;
/** Windows before a job's that are looked at when its forerunners were lost; older ones are no news any more. */
const GAP_WINDOWS_MAX = 500;

/**
 * Has the verdicts that jobs name observed, and those before them whose jobs were lost with the queue: correctness
 * comes from the store. What is observed twice changes nothing.
 */
export class IncidentFeed {
  readonly #store: Store;
  readonly #reads: SharedReads;
  readonly #service: IncidentService;
  readonly #clock: Clock;
  /** By lane: start of the newest window that was observed. */
  readonly #cursors = new Map<string, number>();
  readonly #unsaved = new Set<string>();
  /** The newest job of each lane that runs or waits here: windows of a lane are observed in their order. */
  readonly #running = new Map<string, Promise<void>>();
  #savedMs = Number.NEGATIVE_INFINITY;

  constructor(store: Store, service: IncidentService, clock: Clock) {
    this.#store = store;
    this.#reads = sharedReads(store);
    this.#service = service;
    this.#clock = clock;
  }

  async run(job: IncidentJob): Promise<void> {
    const key = cursorKey(job);
    const before = this.#running.get(key) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => this.#run(job, key));
    this.#running.set(key, mine);
    try {
      await mine;
    } finally {
      if (this.#running.get(key) === mine) this.#running.delete(key);
    }
  }

  async #run(job: IncidentJob, key: string): Promise<void> {
    const { swimlane, source, windowSizeMs, untilMs } = job;
    const cursorMs = await this.#cursorOf(key);
    const floorMs = job.sinceMs - GAP_WINDOWS_MAX * windowSizeMs;
    const sinceMs = Math.max(floorMs, Math.min(job.sinceMs, (cursorMs ?? job.sinceMs) + 1));
    const filter = { swimlane, source, windowSizeMs, sinceMs, untilMs, limit: 10_000_000 };
    const verdicts = await onceVisible(this.#clock, async () => {
      const found = await this.#reads.readVerdicts(filter);
      const own = found.filter((row) => row.windowStartMs >= job.sinceMs);
      if (own.length < job.verdictCount) throw notVisible(job, own.length);
      return found;
    });
    await this.#service.adopt();
    await this.#service.observe(windowsOf(job, verdicts));
    this.#cursors.set(key, Math.max(cursorMs ?? Number.NEGATIVE_INFINITY, untilMs - 1));
    this.#unsaved.add(key);
    await this.#save();
  }

  async #cursorOf(key: string): Promise<number | undefined> {
    const known = this.#cursors.get(key);
    if (known !== undefined) return known;
    const stored = await this.#store.readState(key);
    return stored === undefined ? undefined : Number(stored);
  }

  async #save(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#savedMs < CURSORS_EVERY_MS) return;
    this.#savedMs = nowMs;
    const keys = [...this.#unsaved];
    this.#unsaved.clear();
    await this.#store.writeStates(keys.map((key) => ({ key, value: String(this.#cursors.get(key)) })));
  }
}

function windowsOf(lane: IncidentJob, verdicts: readonly VerdictRow[]): readonly WindowVerdicts[] {
  const { swimlane, source, windowSizeMs } = lane;
  const byWindow = groupBy(verdicts, (row) => row.windowStartMs);
  return [...byWindow].map(([windowStartMs, rows]) => ({
    window: { swimlane, source, windowSizeMs, windowStartMs },
    verdicts: rows,
  }));
}

function cursorKey({ swimlane, source, windowSizeMs }: IncidentJob): string {
  return `incidents|${swimlane}|${source}|${windowSizeMs}`;
}

function notVisible(job: IncidentJob, count: number): OperationalError {
  return new OperationalError(
    `the store shows ${count} of ${job.verdictCount} verdicts of lane "${job.swimlane}"; they are looked at again`,
    { code: "INCIDENT_VERDICTS_NOT_VISIBLE", retryable: true, context: { ...job } },
  );
}
