import { z } from "zod";
import { count, moment, swimlane } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { type PageBudgetReader, SPAN_DAYS_MAX } from "./reader.ts";

const query = z.strictObject({
  swimlane: swimlane.optional(),
  since: moment
    .default("28d")
    .describe(`Pages and verdicts since then; at most ${SPAN_DAYS_MAX} days before until.`),
  until: moment.default("now"),
  limit: count(1_000, 100, "Most lanes in one answer, the worst."),
});

export function pageBudgetEndpoint(reader: PageBudgetReader): Endpoint {
  return endpoint({
    path: "/v1/page-budget",
    summary:
      "The audit of the auditor: pages against the budget, precision from feedback, rules that never, nearly always, or could not fire.",
    answers: "PageBudgetAnswer",
    query,
    run: ({ query: asked }) => reader.read(asked),
  });
}
