/** `lanes`: what holds for every swimlane, and for those of a pattern. */
import { z } from "zod";
import { duration, instant, timeZone } from "./fields.ts";

const laneFields = {
  window: duration("1m", "Length of a window. Windows tumble from the Unix epoch in UTC."),
  allowedLateness: duration("30s", "How much longer a window waits for records that come out of order."),
  lateMax: duration("7d", "Records further behind the log's own time are counted `late` and folded no more."),
  futureMax: duration(
    "5m",
    "Records further ahead of the log's own time are counted `future` and kept as dead letters.",
  ),
  pageBudget: z
    .number()
    .positive()
    .max(10_000)
    .default(0.25)
    .describe("False pages that you accept for this lane in a week. 0.25 is one a month."),
  coarser: z
    .array(duration("1h", ""))
    .max(4)
    .default([3_600_000, 86_400_000])
    .describe(
      'Larger sizes to which windows are merged and judged as well, to see on many records what few cannot show: ["1h", "1d"] by default. Sizes that are no multiple of the window are passed over; [] judges windows at their own size only.',
    ),
  timeZone: timeZone.default("UTC").describe("By whose wall clock hours and days repeat."),
  referenceUntil: instant
    .optional()
    .describe("Pins the baseline: windows before this time are the reference, and nothing in them is paged."),
  compareWith: z
    .union([
      z
        .string()
        .min(1)
        .transform((name) => [name]),
      z.array(z.string().min(1)).max(8),
    ])
    .default([])
    .describe(
      "Lanes that this one is compared with at the same event time, source by source. `*` stands for what the `*` of `match` stood for: prod/* against eval/*.",
    ),
};

export const lanes = z.strictObject({
  defaults: z.strictObject(laneFields).prefault({}).describe("What holds for every lane."),
  rules: z
    .array(
      z
        .strictObject({
          match: z
            .string()
            .min(1)
            .describe('Pattern over lane names, such as "prod/*"; the first that matches holds.'),
          ...overridable(laneFields),
        })
        .refine(
          ({ match, compareWith }) => (compareWith ?? []).every((name) => starsOf(name) <= starsOf(match)),
          {
            path: ["compareWith"],
            error: "it has more * than match, which then stand for nothing",
          },
        ),
    )
    .default([]),
});

/** The same fields, each of which may be left out to take the lanes' defaults. */
function overridable(shape: typeof laneFields) {
  const optional: Record<string, z.ZodType> = {};
  for (const [name, field] of Object.entries(shape)) {
    const inner =
      field instanceof z.ZodPrefault || field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : field;
    optional[name] = inner.optional().describe(field.description ?? "");
  }
  return optional as {
    [K in keyof typeof laneFields]: z.ZodOptional<z.ZodType<z.output<(typeof laneFields)[K]>>>;
  };
}

function starsOf(pattern: string): number {
  return pattern.split("*").length - 1;
}
