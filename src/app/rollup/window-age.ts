/** How old windows and segments are as they pass each stage: where a verdict's latency goes. */
import type { LaneRules, LaneWindows } from "../../assign/lane.ts";
import type { Clock } from "../../base/clock.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";

/** In the order in which a window reaches them. The first two are told of segments, the others of windows. */
type Stage = "stored" | "read" | "merged" | "written" | "found" | "judged" | "told";

interface Parts {
  readonly clock: Pick<Clock, "nowMs">;
  readonly telemetry: Telemetry;
}

const BOUNDS_SECONDS = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 30, 60, 300];

export class WindowAges {
  readonly #parts: Parts & { readonly lanes: LaneRules<LaneWindows> };

  constructor(parts: Parts & { readonly lanes: LaneRules<LaneWindows> }) {
    this.#parts = parts;
  }

  /** A window counts from its end and its lane's allowed lateness. Of hours, days and revisions the age tells nothing. */
  observe(
    stage: Exclude<Stage, "stored" | "read">,
    complete: readonly Pick<CompleteWindow, "window">[],
  ): void {
    for (const { window } of complete) {
      const lane = this.#parts.lanes.of(window.swimlane);
      if (window.revision > 1 || window.windowSizeMs !== lane.windowSizeMs) continue;
      const closeMs = window.windowStartMs + lane.windowSizeMs + lane.allowedLatenessMs;
      observeAge(this.#parts, stage, closeMs);
    }
  }
}

/** Segments of one partition have reached a stage. They count from their newest record, for which a window waits. */
export function observeSegments(
  parts: Parts,
  stage: Extract<Stage, "stored" | "read">,
  manifests: readonly { readonly eventTimeMaxMs: number }[],
): void {
  const newestMs = Math.max(...manifests.map(({ eventTimeMaxMs }) => eventTimeMaxMs));
  if (Number.isFinite(newestMs)) observeAge(parts, stage, newestMs);
}

function observeAge({ clock, telemetry }: Parts, stage: Stage, sinceMs: number): void {
  telemetry
    .histogram(
      "app_window_age_seconds",
      "Where a verdict's latency goes. Time from a window's end and allowed lateness until it was merged, written (acknowledged), found (by its audit), judged and told (its verdicts acknowledged); from a segment's newest record until it was stored (acknowledged) and read (by the rollup)",
      BOUNDS_SECONDS,
      ["stage"],
    )
    .observe({ stage }, (clock.nowMs() - sinceMs) / 1_000);
}
