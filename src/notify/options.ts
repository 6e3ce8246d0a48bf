/** Options that every notifier has. Secrets come from the environment: the configuration expands `${NAME}`. */
import { z } from "zod";

export const httpUrl = z.url({ protocol: /^https?$/ });

export const timeoutMs = z
  .number()
  .int()
  .min(100)
  .max(60_000)
  .default(10_000)
  .describe("For one attempt, in milliseconds.");
