import { z } from "zod";
import { moment, readSpan, swimlane } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import { askGate } from "./ask-gate.ts";

export function gateEndpoint(knowledge: Knowledge): Endpoint {
  return endpoint({
    path: "/v1/gate",
    summary:
      "May a pipeline train on, or serve from, the records of this span? `pass` only when every window that is due was judged ok; " +
      "`hold` on an unresolved incident or an anomaly that could page or warn; `unknown` otherwise, saying what is missing.",
    answers: "GateAnswer",
    query: z.strictObject({ swimlane, since: moment.default("1h"), until: moment.default("now") }),
    run: ({ query }) => {
      const nowMs = knowledge.eventNowMs();
      const question = { swimlane: query.swimlane, ...readSpan(query, nowMs), nowMs };
      return askGate(knowledge.options.store, question, knowledge.settingsOf(query.swimlane));
    },
  });
}
