import { z } from "zod";

/** Options of the store that is a file: for `replay`, the demo and small set-ups. One process at a time. */
export const duckDbOptionsSchema = z.strictObject({
  type: z.literal("duckdb"),
  path: z
    .string()
    .min(1)
    .default(":memory:")
    .describe('The file, made when missing; ":memory:" keeps everything in memory and forgets it.'),
  acknowledge: z
    .enum(["committed", "buffered"])
    .default("committed")
    .describe(
      "When a write counts as done: `committed` = it survives a kill of the process; `buffered` = it is in memory and " +
        "will be committed within `flushIntervalMs` or at close (for replay, which can begin again).",
    ),
  flushIntervalMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(1_000)
    .describe("Longest that a buffered row waits, ms. Not used with `acknowledge: committed`."),
  flushRowsMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(20_000)
    .describe("Rows that are written in one transaction, and most that are buffered."),
  threads: z.int().min(1).max(256).default(2).describe("Threads of DuckDB."),
  memoryLimit: z
    .string()
    .regex(/^\d+(\.\d+)?(MB|GB)$/)
    .default("1GB")
    .describe("Memory that DuckDB may use, such as 512MB; beyond it, it spills or fails the query."),
  queryRowsMax: z.int().min(1).default(10_000).describe("Most rows that one SQL query may give back."),
});

export type DuckDbStoreOptions = z.output<typeof duckDbOptionsSchema>;
