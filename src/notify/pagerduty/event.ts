import type { Severity } from "../../../detectors/contract.ts";
import { readExplanation } from "../../incident/explanation.ts";
import { shorten } from "../../incident/title.ts";
import type { Notification } from "../contract.ts";

/** PagerDuty's own limits: past them it refuses the event. */
const SUMMARY_LENGTH_MAX = 1024;
const DEDUP_KEY_LENGTH_MAX = 255;
/** The whole event may have 512 KB; the details are the only part of ours that could be large. */
const DETAIL_LENGTH_MAX = 4_000;

const SEVERITY: Readonly<Record<Severity, "critical" | "warning" | "info">> = {
  page: "critical",
  warn: "warning",
  info: "info",
};

/** An event for `/v2/enqueue`. Only a trigger carries a payload; the key alone says what is acknowledged or resolved. */
export function pagerDutyEvent(
  notification: Notification,
  routingKey: string,
): Readonly<Record<string, unknown>> {
  const { incident, url } = notification;
  const action = actionOf(notification);
  const event = {
    routing_key: routingKey,
    event_action: action,
    dedup_key: incident.id.slice(0, DEDUP_KEY_LENGTH_MAX),
  };
  if (action !== "trigger") return event;
  return {
    ...event,
    payload: payloadOf(notification),
    client: "Lanewatch",
    ...(url === "" ? {} : { client_url: url, links: [{ href: url, text: "The incident in Lanewatch" }] }),
  };
}

function actionOf({ incident, reason }: Notification): "trigger" | "acknowledge" | "resolve" {
  if (reason === "resolved") return "resolve";
  if (reason === "acknowledged") return "acknowledge";
  return reason === "monitor" && incident.state === "resolved" ? "resolve" : "trigger";
}

function payloadOf({ incident }: Notification): Readonly<Record<string, unknown>> {
  const told = readExplanation(incident);
  return {
    summary: shorten(incident.title, SUMMARY_LENGTH_MAX),
    source: incident.swimlane,
    severity: SEVERITY[incident.severity],
    timestamp: new Date(incident.startMs).toISOString(),
    component: told?.where.sources.join(",") || incident.swimlane,
    class: incident.members.split(",")[0] ?? "",
    custom_details: {
      what: detail(told?.what ?? incident.title),
      how_much: detail(told?.howMuch ?? ""),
      causes: detail((told?.causes ?? []).map((cause) => cause.text).join(" ")),
      members: detail(incident.members),
      anomalous_verdicts: incident.verdictCount,
      explain: detail(told?.verdicts[0]?.verdict ? `lanewatch explain ${told.verdicts[0].verdict}` : ""),
      sql: detail((told?.sql ?? []).join(";\n")),
    },
  };
}

function detail(text: string): string {
  return shorten(text, DETAIL_LENGTH_MAX);
}
