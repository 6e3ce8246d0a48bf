/** From stored rows to what a lane is held to beside its own past. */
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import { snapshotOf } from "../../sketch/snapshot.ts";
import type { BaselineProfileRow, BaselineRow } from "../../store/contract.ts";
import { referenceName } from "../verdict/verdict-name.ts";
import { ALL_KNOWN, type Known, type NamedReference } from "./named-reference.ts";

export function keptReference(row: BaselineRow, profiles: readonly BaselineProfileRow[]): NamedReference {
  const features = profiles.map(({ feature, profile, recordCount, known }) => {
    const parts = new Set(known.split(" ") as Known[]);
    return [feature, { snapshot: snapshotOf(profile, recordCount), known: parts }] as const;
  });
  return {
    name: referenceName(row.kind, row.name),
    kind: "fixed",
    severity: row.severity,
    windowCount: Number.isNaN(row.windowCount) ? Number.POSITIVE_INFINITY : row.windowCount,
    features: new Map(features),
    missing: "",
    awaited: false,
  };
}

/**
 * Is a window held to the baseline? By event time, so that a window judged again (late data, a restart, `explain`) is
 * held to what it was held to before.
 */
export function isHeld(row: BaselineRow, startMs: number): boolean {
  return !(startMs < row.heldFromMs) && !(startMs >= row.heldUntilMs);
}

/** @param window the other lane's at the same time, or undefined while it has none that is complete. */
export function laneReference(swimlane: string, window: CompleteWindow | undefined): NamedReference {
  const missing =
    window === undefined
      ? `lane "${swimlane}" has no complete window at this time yet`
      : window.window.recordCount === 0
        ? `lane "${swimlane}" had no records in this window`
        : "";
  const profiles = missing === "" ? window!.profiles.filter(({ kind }) => kind === "feature") : [];
  const features = profiles.map(
    ({ feature, profile, recordCount }) =>
      [feature, { snapshot: snapshotOf(profile, recordCount), known: ALL_KNOWN }] as const,
  );
  return {
    name: referenceName("lane", swimlane),
    kind: "lane",
    severity: "page",
    windowCount: 1,
    features: new Map(features),
    missing,
    awaited: window === undefined,
  };
}
