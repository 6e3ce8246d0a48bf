/** What someone said of an incident, as the API answers it. */
import type { FeedbackRow } from "../../store/contract.ts";
import type { FeedbackAnswer } from "./wire-feedback.ts";

export function feedbackAnswer(row: FeedbackRow): FeedbackAnswer {
  const { incidentId, label, givenBy, reason, atMs, appliesFromMs } = row;
  return { incidentId, label, by: givenBy, reason, atMs, appliesFromMs };
}
