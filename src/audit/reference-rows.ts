/** From stored rows to what a lane is held to beside its own past. */
import type { CompleteWindow } from "../rollup/complete-window.ts";
import { snapshotOf } from "../sketch/snapshot.ts";
import type { BaselineProfileRow, BaselineRow } from "../store/contract.ts";
import { ALL_KNOWN, type Known, type NamedReference } from "./named-reference.ts";
import { referenceName } from "./verdict-name.ts";

/** A kept baseline, and from which event time on windows are held to it. */
export interface KeptReference {
  readonly reference: NamedReference;
  /** Windows before it are part of the baseline, or older. */
  readonly fromMs: number;
}

export function keptReference(row: BaselineRow, profiles: readonly BaselineProfileRow[]): KeptReference {
  const features = profiles.map(({ feature, profile, recordCount, known }) => {
    const parts = new Set(known.split(" ") as Known[]);
    return [feature, { snapshot: snapshotOf(profile, recordCount), known: parts }] as const;
  });
  return {
    reference: {
      name: referenceName(row.kind, row.name),
      kind: "fixed",
      severity: row.severity,
      windowCount: Number.isNaN(row.windowCount) ? Number.POSITIVE_INFINITY : row.windowCount,
      features: new Map(features),
      missing: "",
      awaited: false,
    },
    fromMs: Number.isNaN(row.untilMs) ? Number.NEGATIVE_INFINITY : row.untilMs,
  };
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
