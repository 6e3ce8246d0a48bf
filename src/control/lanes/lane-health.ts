/** How a lane is doing, and in one sentence why. The worst that is true wins. Pure. */
import type { Answer, Severity } from "../../../detectors/contract.ts";
import { formatDuration } from "../../base/duration.ts";
import type { LaneSettings } from "../contract.ts";
import type { Health } from "../wire.ts";

export interface LaneSigns {
  /** Unresolved incidents, worst first. */
  readonly incidents: readonly { readonly severity: Severity; readonly title: string }[];
  /** Start of the newest window over all sources; `undefined` when none is stored. */
  readonly lastWindowMs: number | undefined;
  /** Answers on the records as a whole ("*") in the newest judged windows; empty when none was judged. */
  readonly answers: readonly Answer[];
}

export function laneHealth(
  signs: LaneSigns,
  settings: LaneSettings,
  nowMs: number,
): { readonly health: Health; readonly reason: string } {
  const [worst, ...others] = signs.incidents;
  if (worst && worst.severity !== "info") {
    return {
      health: worst.severity,
      reason: others.length === 0 ? worst.title : `${worst.title} (and ${others.length} more)`,
    };
  }
  if (signs.lastWindowMs === undefined)
    return { health: "silent", reason: "configured, but no window was ever stored" };
  const overdueMs = nowMs - signs.lastWindowMs - windowDueMs(settings);
  if (overdueMs > 0)
    return {
      health: "silent",
      reason: `no window for ${brief(nowMs - signs.lastWindowMs - settings.windowSizeMs)}`,
    };
  if (signs.answers.length === 0)
    return { health: "unknown", reason: "windows come, but no verdict on them is stored" };
  if (signs.answers.every((answer) => answer === "insufficient")) {
    return { health: "learning", reason: "too little history to judge the volume yet" };
  }
  return { health: "ok", reason: "every newest window was judged, no open incident" };
}

/** After its start, a window's successor must have been stored: its length twice, lateness, and the time to merge. */
export function windowDueMs(settings: LaneSettings): number {
  return 2 * settings.windowSizeMs + settings.latenessMs + settings.judgingMsMax;
}

/** The two largest units: "3d4h", never "3d4h12m7s". */
function brief(durationMs: number): string {
  const units =
    formatDuration(Math.max(1_000, Math.floor(durationMs / 1_000) * 1_000)).match(/\d+[a-z]+/g) ?? [];
  return units.slice(0, 2).join(" ");
}
