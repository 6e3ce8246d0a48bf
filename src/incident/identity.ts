import { createHash } from "node:crypto";

/**
 * An incident's id for life: "inc-" and 16 hexadecimal digits. It follows from the lane and its first anomalous
 * window alone, so a restart, a replay or a second replica names the same incident the same way.
 */
export function incidentId(swimlane: string, firstWindowMs: number, windowSizeMs: number): string {
  return `inc-${digest(JSON.stringify([swimlane, firstWindowMs, windowSizeMs]))}`;
}

/** The id of an incident above others, from the first of them. */
export function groupId(firstChildId: string): string {
  return `grp-${digest(firstChildId)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
