import { z } from "zod";

/** A choice among plug-ins by `type`. */
export function plugged(options: readonly (readonly [string, z.ZodObject])[]) {
  const members = options.map(([type, schema]) => schema.extend({ type: z.literal(type) }));
  return z.discriminatedUnion(
    "type",
    members as unknown as [
      z.ZodObject<{ type: z.ZodLiteral<string> }>,
      ...z.ZodObject<{ type: z.ZodLiteral<string> }>[],
    ],
  );
}
