import { z } from "zod";

export const inlineOptionsSchema = z.strictObject({
  concurrency: z
    .int()
    .min(1)
    .default(1)
    .describe(
      "Jobs that run at the same time. With 1 they run in the order they were added, so replay repeats itself.",
    ),
  waitingMax: z
    .int()
    .min(1)
    .default(100_000)
    .describe("Jobs that may wait in memory. At the bound, adding waits for room."),
  roomWaitMs: z
    .int()
    .min(1)
    .default(600_000)
    .describe(
      "How long adding to a full queue waits while no job begins or ends, in ms; then it is refused, as retryable.",
    ),
  retryDeadlineMs: z
    .int()
    .min(0)
    .default(600_000)
    .describe(
      "How long a job whose handler fails with a retryable error is tried again before it is given up, in ms.",
    ),
});

export type InlineOptions = z.output<typeof inlineOptionsSchema>;
