/** A lane's merged windows, read back from the store in order and whole, and judged as they come. */
import type { LaneAuditor } from "../../audit/lane-auditor.ts";
import { OperationalError } from "../../base/errors.ts";
import { type CompleteWindow, isWhole } from "../../rollup/complete-window.ts";
import type { FeedbackRow, Store } from "../../store/contract.ts";
import type { JudgedWindow } from "./audit-service.ts";
import { alertedWithin } from "./coarser-windows.ts";
import { type LaneSpan, readCompleteWindows } from "./read-complete-windows.ts";
import type { References } from "./references.ts";

/** Windows in memory at a time. */
const WINDOWS_PER_READ = 200;

/**
 * The first `limit` windows of the span.
 * @throws {OperationalError} STORED_WINDOW_NOT_VISIBLE, retryable, when profiles of a window do not show yet.
 */
export async function readWholeWindows(
  store: Pick<Store, "readWindows" | "readProfiles">,
  span: LaneSpan,
  limit: number,
): Promise<readonly CompleteWindow[]> {
  const windows = await readCompleteWindows(store, span, limit);
  for (const complete of windows)
    if (!isWhole(complete))
      throw notVisible(span, `all ${complete.window.profileCount} profiles of a window`);
  return windows;
}

/** The whole span, a batch at a time. */
export async function* storedBatches(
  store: Store,
  span: LaneSpan,
): AsyncGenerator<readonly CompleteWindow[]> {
  let sinceMs = span.sinceMs;
  for (;;) {
    const windows = await readWholeWindows(store, { ...span, sinceMs }, WINDOWS_PER_READ);
    if (windows.length > 0) yield windows;
    if (windows.length < WINDOWS_PER_READ) return;
    sinceMs = windows.at(-1)!.window.windowStartMs + 1;
  }
}

/** Judges the span as the service does: with the same references, in order. The auditor stands before its first window. */
export async function* judgeStored(
  store: Store,
  span: LaneSpan,
  auditor: LaneAuditor,
  references: References,
  feedback: readonly FeedbackRow[] = [],
): AsyncGenerator<JudgedWindow> {
  for await (const windows of storedBatches(store, span)) {
    const referencesOf = await references.of(span, windows);
    const untilMs = windows.at(-1)!.window.windowStartMs + span.windowSizeMs;
    const alertedIn = await alertedWithin(store, span, windows[0]!.window.windowStartMs, untilMs);
    for (const complete of windows) {
      const { window } = complete;
      auditor.hear(feedback, window.windowStartMs);
      yield {
        complete,
        verdicts: auditor.audit(complete, referencesOf(window), alertedIn(window.windowStartMs)),
      };
    }
  }
}

/** The store has acknowledged the rows but does not show them yet: whoever needs them is to try again. */
export function notVisible(span: LaneSpan, what: string): OperationalError {
  return new OperationalError(
    `the store does not show ${what} of lane "${span.swimlane}" yet. Nothing is lost; it is tried again.`,
    { code: "STORED_WINDOW_NOT_VISIBLE", retryable: true, context: { ...span } },
  );
}
