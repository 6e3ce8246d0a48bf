import { z } from "zod";
import { count, moment, name, readSpan, readWindowSize, swimlane, windowSize } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import { type FeaturesAnswer, HEALTHS, type LaneAnswer, type LanesAnswer } from "../wire.ts";
import { listFeatures } from "./features.ts";
import { countHealths, LANES_MAX } from "./lane-board.ts";

const featuresQuery = z.strictObject({
  since: moment
    .optional()
    .describe("Features seen since then; the last hour of windows before the newest when left out."),
  until: moment.default("now"),
  window: windowSize.optional(),
});

export function lanesEndpoints(knowledge: Knowledge): readonly Endpoint[] {
  return [
    endpoint({
      path: "/v1/lanes",
      summary:
        "Every lane with its health, newest window, recent counts, open incidents and page budget; worst first.",
      answers: "LanesAnswer",
      query: z.strictObject({
        q: name.default("").describe("Only lanes whose name or source contains this, whatever its case."),
        swimlane: swimlane.optional().describe("Only the lane of exactly this name."),
        health: z.enum(HEALTHS).optional(),
        offset: z.coerce.number().int().min(0).max(LANES_MAX).default(0),
        limit: count(1_000, 100, "Most lanes in one answer."),
      }),
      run: async ({ query }) => answerLanes(knowledge, query),
    }),
    endpoint({
      path: "/v1/lanes/:swimlane/features",
      summary:
        "The features and metrics of a lane, with what their values look like and how they were judged last.",
      answers: "FeaturesAnswer",
      params: z.strictObject({ swimlane }),
      query: featuresQuery,
      run: async ({ params, query }) => answerFeatures(knowledge, params.swimlane, query),
    }),
    endpoint({
      path: "/v1/features",
      summary: 'The same with the lane as a parameter, for names (such as "..") that a path cannot carry.',
      answers: "FeaturesAnswer",
      query: featuresQuery.extend({ swimlane }),
      run: async ({ query }) => answerFeatures(knowledge, query.swimlane, query),
    }),
  ];
}

interface LanesAsked {
  readonly q: string;
  readonly swimlane?: string | undefined;
  readonly health?: string | undefined;
  readonly offset: number;
  readonly limit: number;
}

async function answerLanes(knowledge: Knowledge, asked: LanesAsked): Promise<LanesAnswer> {
  const all = await knowledge.board.read();
  const found = all.filter((lane) => matches(lane, asked));
  return {
    nowMs: knowledge.options.clock.nowMs(),
    eventNowMs: knowledge.eventNowMs(),
    total: found.length,
    offset: asked.offset,
    healthCounts: countHealths(all),
    openIncidents: all.reduce((sum, lane) => sum + lane.incidents.length, 0),
    lanes: found.slice(asked.offset, asked.offset + asked.limit),
  };
}

function matches(lane: LaneAnswer, asked: LanesAsked): boolean {
  if (asked.swimlane !== undefined && lane.swimlane !== asked.swimlane) return false;
  if (asked.health !== undefined && lane.health !== asked.health) return false;
  const text = asked.q.toLowerCase();
  return (
    lane.swimlane.toLowerCase().includes(text) ||
    lane.sources.some(({ source }) => source.toLowerCase().includes(text))
  );
}

async function answerFeatures(
  knowledge: Knowledge,
  lane: string,
  asked: z.output<typeof featuresQuery>,
): Promise<FeaturesAnswer> {
  const nowMs = knowledge.eventNowMs();
  const windowSizeMs = readWindowSize(asked.window, knowledge.settingsOf(lane).windowSizeMs);
  const span =
    asked.since === undefined ? undefined : readSpan({ since: asked.since, until: asked.until }, nowMs);
  return listFeatures(knowledge.options.store, knowledge.tables, lane, windowSizeMs, span);
}
