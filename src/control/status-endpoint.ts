import { type Endpoint, endpoint } from "./endpoint.ts";
import { checkDependencies } from "./health.ts";
import type { Knowledge } from "./knowledge.ts";
import { VERSION } from "./version.ts";
import type { StatusAnswer } from "./wire.ts";

export function statusEndpoint(knowledge: Knowledge): Endpoint {
  return endpoint({
    path: "/v1/status",
    summary: "Lanewatch itself: version, clocks, dependencies and the progress of the run.",
    answers: "StatusAnswer",
    run: async (): Promise<StatusAnswer> => ({
      version: VERSION,
      nowMs: knowledge.options.clock.nowMs(),
      eventNowMs: knowledge.eventNowMs(),
      startedAtMs: knowledge.startedAtMs,
      dependencies: await checkDependencies(knowledge),
      progress: knowledge.options.progress?.() ?? [],
    }),
  });
}
