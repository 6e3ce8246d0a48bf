import { z } from "zod";
import { parseDurationMs } from "../../base/duration.ts";

function duration(text: string, minMs: number, maxMs: number) {
  return z
    .string()
    .default(text)
    .transform((value, context) => {
      const ms = parseDurationMs(value);
      if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
      context.addIssue({
        code: "custom",
        message: `must be a duration from ${minMs} ms to ${maxMs} ms, such as "${text}"`,
      });
      return z.NEVER;
    });
}

const tls = z.strictObject({
  ca: z
    .string()
    .optional()
    .describe("File with the certificate authority (PEM) that signed the registry's certificate."),
  cert: z.string().optional().describe("File with our own certificate (PEM), for mutual TLS."),
  key: z.string().optional().describe("File with our own private key (PEM), for mutual TLS."),
  rejectUnauthorized: z
    .boolean()
    .default(true)
    .describe("False accepts any certificate: never in production."),
});

export const registryOptionsSchema = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).describe("The registry, such as http://registry:8081."),
    username: z.string().optional().describe("For basic authentication, with password."),
    password: z.string().optional().describe("Better from the environment than from the file."),
    token: z.string().optional().describe("Bearer token, in the place of a name and password."),
    tls: tls.optional().describe("Files for TLS, where the system's authorities do not do."),
    timeout: duration("5s", 100, 60_000).describe("Longest that one request may take."),
    unknownAfter: duration("5s", 0, 600_000).describe(
      "How long a schema id must have been unknown to the registry before its records are dead letters (`unknown_schema`).",
    ),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    path: ["password"],
    error: "username and password belong together",
  })
  .refine(({ username, token }) => username === undefined || token === undefined, {
    path: ["token"],
    error: "either a token or a username and password",
  });

export type RegistryOptions = z.output<typeof registryOptionsSchema>;
