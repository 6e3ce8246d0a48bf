/** The queues that a configuration can name, one line each. */
import type { z } from "zod";
import { createBullmqQueue } from "./bullmq/bullmq.ts";
import { bullmqOptionsSchema } from "./bullmq/options.ts";
import type { QueueContext } from "./context.ts";
import type { JobQueue } from "./contract.ts";
import { createInlineQueue } from "./inline/inline.ts";
import { inlineOptionsSchema } from "./inline/options.ts";

/** A kind of queue: what may be configured, and how one is made. `name` tells queues on one server apart. */
export interface QueuePlugin<Schema extends z.ZodType> {
  readonly options: Schema;
  create<Job>(name: string, options: z.output<Schema>, context: QueueContext): JobQueue<Job>;
}

export const QUEUES = {
  inline: { options: inlineOptionsSchema, create: createInlineQueue } satisfies QueuePlugin<
    typeof inlineOptionsSchema
  >,
  bullmq: { options: bullmqOptionsSchema, create: createBullmqQueue } satisfies QueuePlugin<
    typeof bullmqOptionsSchema
  >,
} as const;
