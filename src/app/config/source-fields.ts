/** `mapping` and `sources`: where records come from, and where in them their parts are. */
import { z } from "zod";
import { DEFAULT_MAPPING } from "../../decode/mapping.ts";
import { SOURCES } from "../../source/index.ts";
import { type FormatFields, formatFields, formatProblem } from "./format-fields.ts";
import { plugged } from "./plugged.ts";

const fieldsSpec = z.union([z.string(), z.record(z.string(), z.string())]);

export const mapping = z
  .strictObject({
    time: z
      .string()
      .startsWith("/", "a JSON pointer begins with /")
      .default(DEFAULT_MAPPING.time)
      .describe("JSON pointer to the event time: ISO 8601, or a number."),
    timeUnit: z
      .enum(["ms", "s", "us", "ns"])
      .default(DEFAULT_MAPPING.timeUnit)
      .describe("Unit of an event time that is a number."),
    swimlane: z
      .string()
      .min(1)
      .default(DEFAULT_MAPPING.swimlane)
      .describe('Pointer ("/swimlane"), template ("{env}/{pipeline}") or constant.'),
    source: z
      .string()
      .min(1)
      .default(DEFAULT_MAPPING.source)
      .describe('Pointer, template or constant; a record without one has source "default".'),
    features: fieldsSpec
      .default(DEFAULT_MAPPING.features as string)
      .describe(
        'Pointer to the object of features ("" = the whole record, less what the mapping uses), or name → pointer.',
      ),
    metrics: fieldsSpec.default(DEFAULT_MAPPING.metrics as string).describe("The same for metrics."),
    profiles: z
      .string()
      .default(DEFAULT_MAPPING.profiles)
      .describe("Pointer to profiles made elsewhere (profile records)."),
  })
  .describe("Where a record keeps its time, swimlane, source and features.");

export const source = plugged(
  Object.entries(SOURCES).map(([type, plugin]) => {
    const options = plugin.options.extend({ mapping: mapping.optional() });
    return [type, type === "kafka" ? withFormat(options) : options] as const;
  }),
);

/** Records of a log may be written by a schema. */
function withFormat(options: z.ZodObject): z.ZodObject {
  return options.extend(formatFields).superRefine((fields, context) => {
    const found = formatProblem(fields as unknown as FormatFields);
    if (found) context.addIssue({ code: "custom", path: [found.field], message: found.problem });
  });
}
