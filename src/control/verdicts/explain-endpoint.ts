import { z } from "zod";
import { parseVerdictName } from "../../store/verdict-key.ts";
import { RequestRefused } from "../api-failure.ts";
import { NAME_CHARACTERS_MAX } from "../asked.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import type { Knowledge } from "../knowledge.ts";
import type { ExplainAnswer } from "./wire-explain.ts";

/** Four names, every character escaped to nine, and a time. */
const VERDICT_CHARACTERS_MAX = 4 * 9 * NAME_CHARACTERS_MAX + 100;

export function explainEndpoint(knowledge: Knowledge): Endpoint {
  return endpoint({
    path: "/v1/explain",
    summary: "One verdict judged again from stored rows: equal, or what differs, with the SQL behind it.",
    answers: "ExplainAnswer",
    query: z.strictObject({
      verdict: z
        .string()
        .max(VERDICT_CHARACTERS_MAX)
        .describe("The verdict's `name`, as /v1/verdicts, the page and messages show it."),
    }),
    run: ({ query }) => explain(knowledge, query.verdict),
  });
}

async function explain(knowledge: Knowledge, name: string): Promise<ExplainAnswer> {
  const key = parseVerdictName(name);
  const example =
    "It looks like prod/clicks/price/psi/2026-11-23T14:05Z/1m; GET /v1/verdicts gives it as `name`.";
  if (key === undefined)
    throw new RequestRefused(400, "REQUEST_INVALID", `"${name}" is not a verdict's name.`, example);
  const answer = await knowledge.options.explain?.(key);
  if (answer !== undefined) return answer;
  throw new RequestRefused(404, "VERDICT_UNKNOWN", `No verdict is stored under "${name}".`, example);
}
