import { z } from "zod";

export const fileOptionsSchema = z.strictObject({
  paths: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Files to read, side by side in event time; ".gz" is unpacked, "-" is standard input. `replay` puts its own here.',
    ),
  format: z
    .enum(["auto", "jsonl", "csv", "parquet"])
    .default("auto")
    .describe("auto = by the file's ending; JSON lines when it has another."),
  deadLetterPath: z
    .string()
    .min(1)
    .default(".lanewatch/dead-letters.jsonl")
    .describe("Where records go that cannot be counted as data, one JSON object a line."),
});

export type FileOptions = z.output<typeof fileOptionsSchema>;
