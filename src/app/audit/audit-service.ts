/**
 * Judges complete windows: each lane and source by an auditor of its own, window by window, in order. The auditor's
 * memory follows from the windows alone, so a worker that starts, restarts or takes over reads the last checkpoint,
 * judges on from there and writes the same verdicts again.
 */

import type { LaneAuditorOptions } from "../../audit/lane-options.ts";
import type { Clock } from "../../base/clock.ts";
import { Pauses } from "../../base/pauses.ts";
import { Slots } from "../../base/slots.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { coarserSizes, coarserStartMs } from "../../rollup/coarser.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import type { LaneName } from "../../rollup/lane-progress.ts";
import type { Store, VerdictRow } from "../../store/contract.ts";
import { countBusy } from "../busy.ts";
import type { RecentWindows } from "../rollup/recent-windows.ts";
import type { WindowAges } from "../rollup/window-age.ts";
import { CoarserWindows, type MergedWindow } from "./coarser-windows.ts";
import type { FeedbackFeed } from "./feedback-feed.ts";
import { type KeptAuditor, KeptAuditors } from "./kept-auditors.ts";
import { laneStateKey } from "./lane-checkpoint.ts";
import { lateComparisons, noteAwaited } from "./late-comparisons.ts";
import { NextWindows } from "./next-windows.ts";
import type { References } from "./references.ts";
import { FEW_WINDOWS } from "./shared-reads.ts";
import { type MeasuredWindow, SqlMetrics, type SqlMetricsOf } from "./sql-metrics.ts";
import { Together } from "./together.ts";

/** Judge all complete windows of a lane and source up to one; from `revisedMs` again where late data changed one. */
export interface AuditJob extends LaneName {
  readonly windowSizeMs: number;
  /** An hour or a day merged from the lane's own windows: judged by an auditor of its own. */
  readonly coarser?: true;
  /** Start of the newest window to judge. */
  readonly untilStartMs: number;
  readonly revisedStartMs?: number;
  /** Sources of the swimlane, which share its page budget; left out in jobs of before there was such a share. */
  readonly sourceCount?: number;
  /** What that window has become; a store may still show an older one. */
  readonly revision?: number;
}

/** One window as it was judged. */
export interface JudgedWindow {
  readonly complete: CompleteWindow;
  readonly verdicts: readonly VerdictRow[];
}

export interface AuditServiceOptions {
  readonly store: Store;
  readonly recent: RecentWindows;
  /** What lanes are held to beside their own past. */
  readonly references: References;
  readonly feedback: FeedbackFeed;
  readonly ages?: WindowAges;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The lane's detectors, budget and calendar. */
  readonly auditorOptions: (lane: LaneName, windowSizeMs: number) => LaneAuditorOptions;
  /** Windows between two checkpoints of a lane's memory; 0 keeps none (replay). */
  readonly checkpointWindows: number;
  /** Larger sizes to which a lane's windows are merged and judged as well, if they are multiples of its own. */
  readonly coarserOf: (swimlane: string) => readonly number[];
  /** Metrics defined in SQL that are measured for each window of a lane's own size. */
  readonly sqlMetrics?: SqlMetricsOf;
  readonly onJudged: (judged: readonly JudgedWindow[]) => Promise<void>;
  /** Brings what was judged to where it outlives this process: whoever goes on from a checkpoint judges no window before it again. */
  readonly beforeCheckpoint?: () => Promise<void>;
  /** Ends a job between two writes: the next start judges on from the last checkpoint. */
  readonly signal: AbortSignal;
}

/** Lanes that catch up at once: each holds many windows in memory. */
const CATCH_UPS_MAX = 32;

type ToJudge = Pick<MergedWindow, "complete"> & Partial<MergedWindow> & Partial<MeasuredWindow>;

export class AuditService {
  readonly #options: AuditServiceOptions;
  readonly #next: NextWindows;
  readonly #auditors: KeptAuditors;
  /** The newest job of each lane that runs or waits here. */
  readonly #running = new Map<string, Promise<void>>();

  readonly #catchUps = new Slots(CATCH_UPS_MAX);
  readonly #pauses: Pauses;
  readonly #together: Together;
  readonly #coarser: CoarserWindows;
  readonly #metrics: SqlMetrics;

  constructor(options: AuditServiceOptions) {
    this.#options = options;
    this.#pauses = new Pauses(options.clock);
    this.#together = new Together(options.clock);
    this.#auditors = new KeptAuditors(options);
    this.#next = new NextWindows(options);
    this.#coarser = new CoarserWindows(options);
    this.#metrics = new SqlMetrics(options);
  }

  /** Jobs of one lane run one after another, since each goes on where the one before it stopped. */
  async run(job: AuditJob): Promise<void> {
    const key = laneStateKey(job);
    const before = this.#running.get(key) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => this.#run(job));
    this.#running.set(key, mine);
    try {
      await mine;
    } finally {
      if (this.#running.get(key) === mine) this.#running.delete(key);
    }
  }

  async #run(job: AuditJob): Promise<void> {
    if (job.revisedStartMs !== undefined) await this.#auditors.rewind(job, job.revisedStartMs);
    const lane = await this.#auditors.of(job);
    for (const late of await lateComparisons(this.#options, job, lane.auditor)) await this.#tell([late]);
    while (!this.#options.signal.aborted) {
      const behindMs = job.untilStartMs - lane.auditor.lastWindowStartMs;
      const step = () => this.#judgeNext(lane, job);
      const isBehind = behindMs > FEW_WINDOWS * job.windowSizeMs;
      if (!(await (isBehind ? this.#catchUps.run(step) : step()))) break;
    }
    if (job.revisedStartMs !== undefined) await this.#reviseCoarser(job, job.revisedStartMs);
    // Also where nothing was new: an earlier try of the job may have come as far as here.
    await this.#judgeCoarser(job, lane);
  }

  /** @returns false when the job has been done. */
  async #judgeNext(lane: KeptAuditor, job: AuditJob): Promise<boolean> {
    const windows = await this.#next.after(lane.auditor.lastWindowStartMs, job, this.#metrics.hasAny(job));
    if (windows.length === 0) return false;
    this.#options.ages?.observe("found", windows);
    await this.#judge(lane, job, await this.#metrics.measure(job, windows));
    await this.#judgeCoarser(job, lane);
    return true;
  }

  async #judge(lane: KeptAuditor, job: AuditJob, windows: readonly ToJudge[]): Promise<void> {
    const judgeAll = () => this.#judgeAll(lane, job, windows);
    // A lane that catches up holds nobody up, and has a commit's worth of its own.
    const isCatchUp = windows.length > FEW_WINDOWS;
    const judged = await (isCatchUp ? judgeAll() : this.#together.during(judgeAll));
    try {
      if (!isCatchUp) await this.#together.allOut();
      await this.#tell(judged);
    } catch (error) {
      // The auditor has gone on, its verdicts may not be written or told: the next try begins at the checkpoint.
      this.#auditors.forget(job);
      throw error;
    }
    await this.#auditors.noteJudged(job, lane, windows.length);
  }

  async #judgeAll(
    lane: KeptAuditor,
    job: AuditJob,
    windows: readonly ToJudge[],
  ): Promise<readonly JudgedWindow[]> {
    const referencesOf = await this.#options.references.of(
      job,
      windows.map(({ complete }) => complete),
    );
    const feedback = await this.#options.feedback.of(job.swimlane);
    if (job.sourceCount !== undefined) lane.auditor.shareAmong(job.sourceCount);
    const judged: JudgedWindow[] = [];
    for (const { complete, alerted, verdicts: unmeasured = [] } of windows) {
      if (this.#pauses.isDue) await this.#pauses.take();
      const startMs = performance.now();
      const references = referencesOf(complete.window);
      const before = lane.auditor.lastWindowStartMs;
      lane.auditor.hear(feedback, complete.window.windowStartMs);
      noteAwaited(lane.auditor.memory(), complete.window, references);
      const verdicts = [...lane.auditor.audit(complete, references, alerted), ...unmeasured];
      if (this.#coarserSizeOf(job) !== undefined) this.#coarser.note(job, before, complete, verdicts);
      judged.push({ complete, verdicts });
      countBusy(this.#options.telemetry, "judge", startMs);
    }
    return judged;
  }

  #coarserSizeOf({ swimlane, windowSizeMs }: AuditJob): number | undefined {
    return coarserSizes(windowSizeMs, this.#options.coarserOf(swimlane))[0];
  }

  /** Merges and judges the hours and days that are over by now, each from the windows of the size below. */
  async #judgeCoarser(job: AuditJob, lane: KeptAuditor): Promise<void> {
    const windowSizeMs = this.#coarserSizeOf(job);
    if (windowSizeMs === undefined) return;
    const coarser: AuditJob = {
      ...shareOf(job),
      windowSizeMs,
      coarser: true,
      untilStartMs: job.untilStartMs,
    };
    const coarserLane = await this.#auditors.of(coarser);
    for (const late of await lateComparisons(this.#options, coarser, coarserLane.auditor))
      await this.#tell([late]);
    const overMs = lane.auditor.lastWindowStartMs + job.windowSizeMs;
    while (!this.#options.signal.aborted) {
      const lastStartMs = coarserLane.auditor.lastWindowStartMs;
      const merged = await this.#coarser.mergeOver(job, windowSizeMs, lastStartMs, overMs);
      if (merged.length === 0) break;
      await this.#judge(coarserLane, coarser, merged);
      await this.#judgeCoarser(coarser, coarserLane);
      this.#coarser.settle(job, merged.at(-1)!.complete.window.windowStartMs + windowSizeMs);
    }
  }

  /** Late data below: the larger windows that hold it are merged and judged again, like the window itself. */
  async #reviseCoarser(job: AuditJob, revisedStartMs: number): Promise<void> {
    const windowSizeMs = this.#coarserSizeOf(job);
    if (windowSizeMs === undefined) return;
    const startMs = coarserStartMs(revisedStartMs, windowSizeMs);
    if (!(await this.#coarser.mergeAgain(job, windowSizeMs, startMs))) return;
    const coarser: AuditJob = { ...shareOf(job), windowSizeMs, coarser: true, untilStartMs: startMs };
    await this.#auditors.rewind(coarser, startMs);
    await this.#reviseCoarser(coarser, startMs);
  }

  async #tell(judged: readonly JudgedWindow[]): Promise<void> {
    const { store, ages, onJudged } = this.#options;
    const windows = judged.map(({ complete }) => complete);
    ages?.observe("judged", windows);
    await store.writeVerdicts(judged.flatMap(({ verdicts }) => verdicts));
    ages?.observe("told", windows);
    this.#count(judged);
    await onJudged(judged);
  }

  #count(judged: readonly JudgedWindow[]): void {
    const windows = this.#options.telemetry.counter("audit_windows_total", "Windows judged");
    const verdicts = this.#options.telemetry.counter("audit_verdicts_total", "Verdicts by answer", [
      "answer",
    ]);
    windows.inc(judged.length);
    for (const { verdicts: rows } of judged) for (const row of rows) verdicts.inc({ answer: row.answer });
  }
}

/** What a larger size's job has from that of the lane's own windows. */
function shareOf({
  swimlane,
  source,
  sourceCount,
}: AuditJob): Pick<AuditJob, "swimlane" | "source" | "sourceCount"> {
  return sourceCount === undefined ? { swimlane, source } : { swimlane, source, sourceCount };
}
