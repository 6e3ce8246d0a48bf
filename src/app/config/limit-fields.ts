/** One of the owner's fixed bounds, as it is written in `detectors.limits`. */
import { z } from "zod";
import { LIMIT_MEASURES } from "../../../detectors/limit/limit.ts";

const OF_RECORDS = ["count", "rate-per-minute", "freshness-minutes"];

interface Fields {
  readonly of: string;
  readonly feature: string;
  readonly q?: number | undefined;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
}

export const limit = z
  .strictObject({
    swimlane: z.string().min(1).default("*").describe('Pattern over lane names, such as "prod/*".'),
    source: z.string().min(1).default("*").describe("Pattern over sources."),
    feature: z.string().min(1).describe('Pattern over features; "*" is the lane\'s records as a whole.'),
    of: z.enum(LIMIT_MEASURES).describe("What is bounded. Shares are of the window's records, 0 to 1."),
    q: z.number().min(0).max(1).optional().describe("Rank of the quantile: 0.99 is p99."),
    above: z.number().optional().describe("Broken by anything greater."),
    below: z.number().optional().describe("Broken by anything less."),
    severity: z.enum(["page", "warn"]).default("warn").describe("How loudly it is told."),
    for: z.int().min(1).max(1_000).default(1).describe("Windows in a row that must break it."),
    name: z.string().min(1).max(100).optional().describe("What it is called; its measure by default."),
  })
  .superRefine((fields, context) => {
    for (const { field, message } of problems(fields))
      context.addIssue({ code: "custom", path: [field], message });
  });

function problems({ of, feature, q, above, below }: Fields) {
  const found: { field: string; message: string }[] = [];
  if (above === undefined && below === undefined)
    found.push({ field: "above", message: "a limit needs above, below, or both" });
  if (above !== undefined && below !== undefined && below > above)
    found.push({ field: "below", message: "it lies over above, so that every value would break the limit" });
  if (of === "quantile" && q === undefined)
    found.push({ field: "q", message: "a quantile needs its rank: 0.99 is p99" });
  if (of !== "quantile" && q !== undefined)
    found.push({ field: "q", message: `it is read with "of: quantile" alone` });
  if (feature === "*" && !OF_RECORDS.includes(of))
    found.push({ field: "of", message: `of the lane's records there are ${OF_RECORDS.join(", ")} alone` });
  return found;
}
