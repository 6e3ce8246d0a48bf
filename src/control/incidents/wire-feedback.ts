/** What the API answers about feedback, as types only; see wire.ts for what holds of all answers. */
import type { FeedbackLabel } from "../../store/contract.ts";

export interface FeedbackAnswer {
  readonly incidentId: string;
  readonly label: FeedbackLabel;
  readonly by: string;
  readonly reason: string;
  /** Wall clock. */
  readonly atMs: number;
  /** Event time from which windows are judged in its light. */
  readonly appliesFromMs: number;
}
