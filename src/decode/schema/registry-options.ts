import { z } from "zod";
import { durationWithin, tlsOptionsSchema } from "../../source/client-options.ts";

export const registryOptionsSchema = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).describe("The registry, such as http://registry:8081."),
    username: z.string().optional().describe("For basic authentication, with password."),
    password: z.string().optional().describe("Better from the environment than from the file."),
    token: z.string().optional().describe("Bearer token, in the place of a name and password."),
    tls: tlsOptionsSchema("the registry's")
      .optional()
      .describe("Files for TLS, where the system's authorities do not do."),
    timeout: durationWithin("5s", 100, 60_000).describe("Longest that one request may take."),
    unknownAfter: durationWithin("5s", 0, 600_000).describe(
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
