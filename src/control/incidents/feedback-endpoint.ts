/** What people make of an incident: whether the page was worth it. Later windows are judged in its light (audit/feedback.ts). */
import { z } from "zod";
import { encodeAnomalies } from "../../audit/feedback.ts";
import type { FeedbackLabel, FeedbackRow, IncidentRow, Store } from "../../store/contract.ts";
import { name } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import { feedbackAnswer } from "./feedback-row.ts";
import { incidentAnswer } from "./incident-story.ts";
import { readIncident } from "./incidents-endpoints.ts";
import type { FeedbackAnswer } from "./wire-feedback.ts";

const LABELS = ["real", "noise", "expected", "fixed"] as const satisfies readonly FeedbackLabel[];
/** Verdicts of one incident of which the strongest are kept. */
const VERDICTS_MAX = 100_000;
/** Incidents below one that stands above several lanes. */
const CHILDREN_MAX = 1_000;

const feedbackBody = z.strictObject({
  label: z
    .enum(LABELS)
    .describe(
      "real: rightly told, and not mended yet. fixed: it was real and is over. noise: nobody should have been told. expected: a change that was meant.",
    ),
  by: name.trim().min(1).max(200).describe("Who says it."),
  reason: z.string().trim().max(500).default("").describe("Why, for whoever sees it next time."),
});

export function feedbackEndpoint(knowledge: Knowledge): Endpoint {
  return endpoint({
    method: "POST",
    path: "/v1/incidents/:id/feedback",
    summary:
      "Says whether an incident was worth telling. It may be said again: the newest counts, and all are kept.",
    answers: "FeedbackAnswer",
    params: z.strictObject({ id: z.string().min(1).max(128).describe("The incident's id.") }),
    body: feedbackBody,
    run: ({ params, body }) => give(knowledge, params.id, body),
  });
}

/** Of an incident above several lanes it is said of every lane's own, too: those are what the auditors know. */
async function give(
  knowledge: Knowledge,
  incidentId: string,
  { label, by, reason }: z.output<typeof feedbackBody>,
): Promise<FeedbackAnswer> {
  const { store, clock, telemetry } = knowledge.options;
  const incident = await readIncident(store, incidentId);
  const below = incidentAnswer(incident, "whole").story.children.slice(0, CHILDREN_MAX);
  const children = await Promise.all(below.map((id) => readIncident(store, id)));
  const said = { label, givenBy: by, reason, atMs: clock.nowMs(), appliesFromMs: knowledge.eventNowMs() };
  const rows = await Promise.all(
    [incident, ...children].map(async (row): Promise<FeedbackRow> => {
      const { id, swimlane, severity } = row;
      return { ...said, incidentId: id, swimlane, severity, anomalies: await anomaliesOf(store, row) };
    }),
  );
  await store.writeFeedback(rows);
  telemetry.counter("control_feedback_total", "What people said of incidents", ["label"]).inc({ label });
  return feedbackAnswer(rows[0]!);
}

async function anomaliesOf(store: Store, { id, swimlane, startMs, endMs }: IncidentRow): Promise<string> {
  const span = { sinceMs: startMs, untilMs: endMs + 1, limit: VERDICTS_MAX };
  return encodeAnomalies(
    await store.readVerdicts({ swimlane, ...span, incidentId: id, answer: "anomalous" }),
  );
}
