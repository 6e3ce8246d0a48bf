/** The windows that an audit job is to judge next: those at hand, or read from the store once it shows them whole. */
import type { Clock } from "../../base/clock.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import type { Store } from "../../store/contract.ts";
import { onceVisible } from "../once-visible.ts";
import type { RecentWindows } from "../rollup/recent-windows.ts";
import type { AuditJob } from "./audit-service.ts";
import type { LaneSpan } from "./read-complete-windows.ts";
import { type SharedReads, sharedReads } from "./shared-reads.ts";
import { notVisible, readWholeWindows } from "./stored-windows.ts";

/** Windows judged before their verdicts are written. */
const WINDOWS_PER_WRITE = 200;

export interface NextWindowsOptions {
  readonly store: Store;
  readonly recent: RecentWindows;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export class NextWindows {
  readonly #options: NextWindowsOptions;
  readonly #reads: SharedReads;

  constructor(options: NextWindowsOptions) {
    this.#options = options;
    this.#reads = sharedReads(options.store);
  }

  /**
   * The first windows of the job that start after `lastStartMs`; none when it has been done.
   * @param asStored SQL is to see them as well: nothing counts that is only here.
   */
  async after(lastStartMs: number, job: AuditJob, asStored: boolean): Promise<readonly CompleteWindow[]> {
    const { recent } = this.#options;
    if (lastStartMs >= job.untilStartMs) return [];
    if (asStored) {
      recent.forget(job);
      return await this.#read(lastStartMs, job);
    }
    const atHand = recent.after(job, lastStartMs, job.untilStartMs, WINDOWS_PER_WRITE);
    return atHand ?? (await this.#read(lastStartMs, job));
  }

  async #read(lastStartMs: number, job: AuditJob): Promise<readonly CompleteWindow[]> {
    const sinceMs = Number.isFinite(lastStartMs) ? lastStartMs + 1 : undefined;
    const span = { ...job, sinceMs, untilMs: job.untilStartMs + 1 };
    const { clock, signal } = this.#options;
    return await onceVisible(clock, () => this.#readVisible(span, job), signal);
  }

  async #readVisible(span: LaneSpan, job: AuditJob): Promise<readonly CompleteWindow[]> {
    const windows = await readWholeWindows(this.#reads, span, WINDOWS_PER_WRITE);
    if (windows.length === 0) throw notVisible(span, "its window");
    const revised = windows.find(({ window }) => window.windowStartMs === job.revisedStartMs);
    if (revised !== undefined && revised.window.revision < (job.revision ?? 1))
      throw notVisible(span, `revision ${job.revision} of a window`);
    return windows;
  }
}
