import { readExplanation } from "../../incident/explanation.ts";
import type { Notification } from "../contract.ts";

/** Grows only by new fields; a change of meaning makes a new version. */
const PAYLOAD_VERSION = 1;

/** The webhook's JSON, as docs/reference/webhook.md describes it. */
export function webhookPayload({
  incident,
  reason,
  url,
  deliveryId,
  atMs,
}: Notification): Readonly<Record<string, unknown>> {
  const told = readExplanation(incident);
  return {
    version: PAYLOAD_VERSION,
    deliveryId,
    reason,
    sentAt: iso(atMs),
    incident: {
      id: incident.id,
      swimlane: incident.swimlane,
      sources: told?.where.sources ?? [],
      state: incident.state,
      severity: incident.severity,
      title: incident.title,
      start: iso(incident.startMs),
      end: iso(incident.endMs),
      changedAt: iso(incident.changedAtMs),
      resolvedAt: Number.isFinite(incident.resolvedAtMs) ? iso(incident.resolvedAtMs) : null,
      acknowledgedBy: incident.acknowledgedBy === "" ? null : incident.acknowledgedBy,
      members: incident.members === "" ? [] : incident.members.split(","),
      verdictCount: incident.verdictCount,
      worsenedCount: told?.worsenedCount ?? 0,
      parentId: told?.parentId ? told.parentId : null,
      children: told?.children ?? [],
      what: told?.what ?? incident.title,
      howMuch: told?.howMuch ?? "",
      closing: told?.closing ?? null,
      causes: told?.causes ?? [],
      verdicts: told?.verdicts ?? [],
      sql: told?.sql ?? [],
      url: url === "" ? null : url,
    },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
