/** Kinds of fields that the configuration uses more than once. */
import { z } from "zod";
import { parseDurationMs } from "../../base/duration.ts";

/** "30s", "5m", "1h30m", "7d" → milliseconds. */
export function duration(fallback: string, description: string) {
  return z
    .string()
    .transform((text, context) => {
      const ms = parseDurationMs(text);
      if (ms !== undefined && ms > 0) return ms;
      context.addIssue({
        code: "custom",
        message: `"${text}" is not a length of time; write one such as 30s, 5m, 1h or 7d`,
      });
      return z.NEVER;
    })
    .prefault(fallback)
    .describe(description);
}

/** An ISO 8601 time → epoch milliseconds. */
export const instant = z.string().transform((text, context) => {
  const ms = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
  if (Number.isFinite(ms)) return ms;
  context.addIssue({
    code: "custom",
    message: `"${text}" is not a time; write one such as 2026-11-23T09:00:00Z`,
  });
  return z.NEVER;
});

export const timeZone = z.string().refine((zone) => isTimeZone(zone), {
  error: (issue) => `"${String(issue.input)}" is not a time zone; write one such as UTC or Europe/Paris`,
});

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
