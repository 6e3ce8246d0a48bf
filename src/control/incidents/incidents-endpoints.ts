import { z } from "zod";
import type { IncidentRow, IncidentState, Store } from "../../store/contract.ts";
import { RequestRefused } from "../api-failure.ts";
import { count, moment, name, readSpan, swimlane } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import { feedbackAnswer } from "./feedback-row.ts";
import { incidentAnswer } from "./incident-story.ts";
import type { IncidentAnswer, IncidentDetailAnswer, IncidentsAnswer } from "./wire-incidents.ts";

const STATES = ["pending", "open", "acknowledged", "resolved"] as const satisfies readonly IncidentState[];
/** Order in lists: what needs a person first. */
const URGENCY: readonly IncidentState[] = ["open", "acknowledged", "pending", "resolved"];
const id = z.string().min(1).max(128).describe("The incident's id.");

const listQuery = z.strictObject({
  state: z
    .union([z.enum(STATES), z.array(z.enum(STATES))])
    .transform((state) => (typeof state === "string" ? [state] : state))
    .optional()
    .describe("One state or several; all when left out."),
  swimlane: swimlane.optional(),
  since: moment
    .default("28d")
    .describe("Incidents that began since then; unresolved ones are given whatever their age."),
  until: moment.default("now"),
  limit: count(1_000, 200, "Most incidents in one answer."),
});

export function incidentsEndpoints(knowledge: Knowledge): readonly Endpoint[] {
  return [
    endpoint({
      path: "/v1/incidents",
      summary: "Incidents: open first, then acknowledged, pending and resolved; newest first among each.",
      answers: "IncidentsAnswer",
      query: listQuery,
      run: ({ query }) => listIncidents(knowledge, query),
    }),
    endpoint({
      path: "/v1/incidents/:id",
      summary: "One incident with all that explains it, and what was sent about it.",
      answers: "IncidentDetailAnswer",
      params: z.strictObject({ id }),
      run: ({ params }) => detailIncident(knowledge, params.id),
    }),
    endpoint({
      method: "POST",
      path: "/v1/incidents/:id/acknowledge",
      summary: "Someone takes an open incident: reminders stop until it gets worse.",
      answers: "IncidentAnswer",
      params: z.strictObject({ id }),
      body: z.strictObject({ by: name.trim().min(1).max(200).describe("Who takes it.") }),
      run: ({ params, body }) => acknowledge(knowledge, params.id, body.by),
    }),
  ];
}

async function listIncidents(
  knowledge: Knowledge,
  asked: z.output<typeof listQuery>,
): Promise<IncidentsAnswer> {
  const { store, clock } = knowledge.options;
  const nowMs = knowledge.eventNowMs();
  const states = asked.state ?? STATES;
  const filter = {
    descending: true,
    limit: asked.limit,
    ...(asked.swimlane === undefined ? {} : { swimlane: asked.swimlane }),
  };
  const unresolved = states.filter((state) => state === "open" || state === "acknowledged");
  const [live, spanned] = await Promise.all([
    store.readIncidents({ ...filter, states: unresolved }),
    store.readIncidents({ ...filter, ...readSpan(asked, nowMs), states }),
  ]);
  const all = [...new Map([...live, ...spanned].map((row) => [row.id, row])).values()].sort(byUrgency);
  return {
    nowMs: clock.nowMs(),
    eventNowMs: nowMs,
    truncated: live.length >= asked.limit || spanned.length >= asked.limit || all.length > asked.limit,
    incidents: all.slice(0, asked.limit).map((row) => incidentAnswer(row, "brief")),
  };
}

async function detailIncident(knowledge: Knowledge, incidentId: string): Promise<IncidentDetailAnswer> {
  const { store } = knowledge.options;
  const row = await readIncident(store, incidentId);
  const notifications = await store.readNotifications(incidentId);
  const feedback = await store.readFeedback({ incidentId });
  return {
    ...incidentAnswer(row, "whole"),
    feedback: feedback.map(feedbackAnswer),
    notifications: notifications.map(({ notifier, state, atMs, outcome, detail }) => ({
      notifier,
      state,
      atMs,
      outcome,
      detail,
    })),
  };
}

/** Taking what someone else has already taken changes nothing and is no error; a resolved one can not be taken. */
async function acknowledge(knowledge: Knowledge, incidentId: string, by: string): Promise<IncidentAnswer> {
  const { store, telemetry } = knowledge.options;
  const row = await readIncident(store, incidentId);
  if (row.state === "acknowledged") return incidentAnswer(row, "whole");
  if (row.state !== "open") {
    throw new RequestRefused(
      409,
      "INCIDENT_NOT_OPEN",
      `Incident ${incidentId} is ${row.state}.`,
      "Only an open incident can be acknowledged.",
    );
  }
  const taken = await (knowledge.options.acknowledge ?? writeAcknowledged(store))(incidentId, by);
  if (taken === undefined) throw unknownIncident(incidentId);
  telemetry.event("info", "control_acknowledged", "An incident was acknowledged");
  knowledge.board.expire();
  return incidentAnswer(taken, "whole");
}

function writeAcknowledged(store: Store): (incidentId: string, by: string) => Promise<IncidentRow> {
  return async (incidentId, by) => {
    const row = await readIncident(store, incidentId);
    const taken: IncidentRow = { ...row, state: "acknowledged", acknowledgedBy: by };
    await store.writeIncidents([taken]);
    return taken;
  };
}

export async function readIncident(store: Store, incidentId: string): Promise<IncidentRow> {
  const rows = await store.readIncidents({ id: incidentId });
  const row = rows.at(-1);
  if (row === undefined) throw unknownIncident(incidentId);
  return row;
}

function unknownIncident(incidentId: string): RequestRefused {
  return new RequestRefused(
    404,
    "INCIDENT_UNKNOWN",
    `No incident has the id "${incidentId}".`,
    "GET /v1/incidents lists them.",
  );
}

function byUrgency(a: IncidentRow, b: IncidentRow): number {
  return (
    URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state) || b.startMs - a.startMs || (a.id < b.id ? -1 : 1)
  );
}
