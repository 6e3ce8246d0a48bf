import { z } from "zod";

export const bullmqOptionsSchema = z.strictObject({
  url: z
    .string()
    .regex(/^rediss?:\/\//, "must begin with redis:// or rediss://")
    .default("redis://127.0.0.1:6379")
    .describe(
      "Redis 6.2 or newer (Valkey too): redis://user:password@host:port/db, or rediss:// for TLS. It must run with maxmemory-policy noeviction.",
    ),
  prefix: z
    .string()
    .min(1)
    .default("lanewatch")
    .describe("Begins every key in Redis, so that several Lanewatch installations share one server."),
  concurrency: z
    .int()
    .min(1)
    .max(1_000)
    .default(256)
    .describe(
      "Jobs that one process has under way: most wait for the store, whose answers and commits they share. Of lanes that are behind, at most 32 at once.",
    ),
  attemptsMax: z
    .int()
    .min(1)
    .default(10)
    .describe(
      "How often a job is tried when it fails with a retryable error; the waits double from 1 s to 60 s.",
    ),
  addDeadlineMs: z
    .int()
    .min(100)
    .default(5_000)
    .describe("How long adding a job may take before it is refused with a retryable error, in ms."),
});

export type BullmqOptions = z.output<typeof bullmqOptionsSchema>;
