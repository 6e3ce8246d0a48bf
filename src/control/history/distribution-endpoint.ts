import { z } from "zod";
import { RequestRefused } from "../api-failure.ts";
import { feature, moment, readMoment, readWindowSize, source, swimlane, windowSize } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import { compareWindow } from "./distribution.ts";

export function distributionEndpoint(knowledge: Knowledge): Endpoint {
  return endpoint({
    path: "/v1/distribution",
    summary:
      "One feature's values in one window beside the reference: histogram, categories, key numbers, verdicts.",
    answers: "DistributionAnswer",
    query: z.strictObject({
      swimlane,
      source: source.default(""),
      feature,
      at: moment.optional().describe("A moment in the window; the newest window when left out."),
      window: windowSize.optional(),
    }),
    run: async ({ query }) => {
      const windowSizeMs = readWindowSize(query.window, knowledge.settingsOf(query.swimlane).windowSizeMs);
      const at = query.at === undefined ? {} : { atMs: readMoment(query.at, knowledge.eventNowMs(), "at") };
      const answer = await compareWindow(knowledge.options.store, { ...query, windowSizeMs, ...at });
      if (answer !== undefined) return answer;
      const detail = `No profile of feature "${query.feature}" of lane "${query.swimlane}", source "${query.source}" is stored for that window.`;
      throw new RequestRefused(
        404,
        "WINDOW_UNKNOWN",
        detail,
        "GET /v1/series shows which windows are stored.",
      );
    },
  });
}
