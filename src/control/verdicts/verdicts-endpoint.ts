import { z } from "zod";
import { count, feature, moment, readSpan, readWindowSize, source, swimlane, windowSize } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import type { VerdictsAnswer } from "../wire.ts";
import { verdictAnswer } from "./verdict-answer.ts";

export function verdictsEndpoint(knowledge: Knowledge): Endpoint {
  return endpoint({
    path: "/v1/verdicts",
    summary: "Verdicts, newest window first, each with the parts that its statistic is made of.",
    answers: "VerdictsAnswer",
    query: z.strictObject({
      swimlane: swimlane.optional(),
      source: source.optional(),
      feature: feature.optional(),
      answer: z.enum(["ok", "anomalous", "insufficient"]).optional(),
      incident: z.string().max(128).optional().describe("Only verdicts that joined this incident."),
      since: moment.default("1h"),
      until: moment.default("now"),
      window: windowSize.optional().describe("Only windows of this size."),
      limit: count(5_000, 500, "Most verdicts in one answer."),
    }),
    run: async ({ query }): Promise<VerdictsAnswer> => {
      const { since, until, window, limit, incident, ...equal } = query;
      const given = Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined));
      const rows = await knowledge.options.store.readVerdicts({
        ...given,
        ...readSpan({ since, until }, knowledge.eventNowMs()),
        ...(window === undefined ? {} : { windowSizeMs: readWindowSize(window, 0) }),
        ...(incident === undefined ? {} : { incidentId: incident }),
        descending: true,
        limit: limit + 1,
      });
      return { truncated: rows.length > limit, verdicts: rows.slice(0, limit).map(verdictAnswer) };
    },
  });
}
