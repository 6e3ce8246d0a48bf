import { z } from "zod";

export const syntheticOptionsSchema = z.strictObject({
  seed: z.int().default(1).describe("Equal seeds make equal records."),
  start: z.iso
    .datetime({ offset: true })
    .default("2026-01-05T00:00:00Z")
    .describe("Event time of the first record; cut to a whole window."),
  windowMinutes: z
    .int()
    .min(1)
    .max(1_440)
    .default(30)
    .describe("Length of one made-up window in event time."),
  historyWindows: z
    .int()
    .min(0)
    .max(100_000)
    .default(1_344)
    .describe("Windows made at once, before the live part; 1,344 of half an hour are four weeks."),
  windowEveryMs: z
    .int()
    .min(1)
    .max(3_600_000)
    .default(1_000)
    .describe("Real time from one live window to the next."),
  liveWindowsMax: z
    .int()
    .min(0)
    .optional()
    .describe("Live windows after which the source ends; it goes on for ever without."),
});

export type SyntheticOptions = z.output<typeof syntheticOptionsSchema>;
