import { z } from "zod";
import { RequestRefused } from "../api-failure.ts";
import { moment, name, readSpan } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import type { ProofAnswer } from "./wire-proof.ts";

export function proofEndpoint(knowledge: Knowledge): Endpoint {
  return endpoint({
    path: "/v1/proof",
    summary:
      "Records in the log against records accounted for, by partition and outcome, with the SQL behind it.",
    answers: "ProofAnswer",
    query: z.strictObject({
      topic: name.optional().describe("Only this topic."),
      since: moment
        .default("1d")
        .describe('As "1d", ISO 8601 or epoch milliseconds; "all" for everything that the store keeps.'),
      until: moment.optional(),
      offline: z
        .enum(["true", "false"])
        .default("false")
        .describe('"true": from the store alone, the broker is not asked.'),
    }),
    run: async ({ query }): Promise<ProofAnswer> => {
      const { topic, since, until, offline } = query;
      // The log's own time, which is the clock's.
      const nowMs = knowledge.options.clock.nowMs();
      const span = readSpan({ since: since === "all" ? "0" : since, until: until ?? "now" }, nowMs);
      const answer = await knowledge.options.prove?.({
        ...(topic === undefined ? {} : { topic }),
        sinceMs: since === "all" ? Number.NEGATIVE_INFINITY : span.sinceMs,
        untilMs: until === undefined ? Number.POSITIVE_INFINITY : span.untilMs,
        offline: offline === "true",
      });
      if (answer !== undefined) return answer;
      throw new RequestRefused(
        501,
        "PROOF_UNAVAILABLE",
        "This process proves nothing: it was started without a way to.",
        "Use `lanewatch prove`.",
      );
    },
  });
}
