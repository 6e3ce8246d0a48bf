import { readExplanation } from "../../incident/explanation.ts";
import type { Notification } from "../contract.ts";

/** One entry of `POST /api/v2/alerts`. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

/**
 * The labels are what Alertmanager tells alerts apart by, so they hold only what never changes in an incident's
 * life: no severity (it may rise), no title. Those are annotations, which it takes over from the newest post.
 */
export function alertOf(
  { incident, reason, url, atMs }: Notification,
  options: { readonly labels: Readonly<Record<string, string>>; readonly expiryMs: number },
): Alert {
  const told = readExplanation(incident);
  const isMonitor = reason === "monitor" || incident.id.startsWith("mon-");
  const ended = incident.state === "resolved" && reason !== "opened";
  return {
    labels: {
      ...options.labels,
      alertname: isMonitor ? "LanewatchMonitor" : "LanewatchIncident",
      incident: incident.id,
      swimlane: incident.swimlane,
    },
    annotations: {
      summary: incident.title,
      description: told?.howMuch ?? "",
      severity: incident.severity,
      sources: told?.where.sources.join(",") ?? "",
      members: incident.members,
      explain: told?.verdicts[0]?.verdict ? `lanewatch explain ${told.verdicts[0].verdict}` : "",
      causes: (told?.causes ?? []).map((cause) => cause.text).join(" "),
    },
    // A start after the end would be refused; replayed event time may lie anywhere.
    startsAt: new Date(Math.min(incident.startMs, atMs)).toISOString(),
    endsAt: new Date(ended ? atMs : atMs + options.expiryMs).toISOString(),
    ...(url === "" ? {} : { generatorURL: url }),
  };
}
