import { z } from "zod";

const days = (of: string, count: number) =>
  z
    .int()
    .min(1)
    .max(36_500)
    .default(count)
    .describe(`Days that ${of} are kept; older days are dropped whole.`);

/** Options of the store that many processes share. The configuration takes secrets from the environment: `${NAME}`. */
export const questDbOptionsSchema = z.strictObject({
  type: z.literal("questdb"),
  http: z
    .url({ protocol: /^https?$/ })
    .default("http://127.0.0.1:9000")
    .describe("Where rows are written: QuestDB's HTTP endpoint."),
  pg: z
    .string()
    .regex(/^[^:/\s]+:\d+$/, 'must be "host:port"')
    .default("127.0.0.1:8812")
    .describe("Where rows are read: QuestDB's PostgreSQL endpoint, host:port."),
  database: z.string().default("qdb").describe("Database name of the PostgreSQL endpoint."),
  user: z.string().default("admin").describe("User of the PostgreSQL endpoint; it makes the tables."),
  password: z.string().default("quest").describe("Its password."),
  readOnlyUser: z
    .string()
    .optional()
    .describe("User for metrics in SQL; give one that may only read. Left out, `user` runs them."),
  readOnlyPassword: z.string().default("quest").describe("Its password."),
  httpUser: z.string().optional().describe("User of the HTTP endpoint, where it asks for one."),
  httpPassword: z.string().optional().describe("Its password."),
  httpToken: z
    .string()
    .optional()
    .describe("Bearer token of the HTTP endpoint, instead of user and password."),
  tls: z.boolean().default(false).describe("TLS on the PostgreSQL endpoint (the HTTP one goes by its URL)."),
  tlsVerify: z.boolean().default(true).describe("Check the server's certificate."),
  tlsCaFile: z.string().optional().describe("File with the authority's certificate, PEM."),
  tablePrefix: z
    .string()
    .regex(/^([a-z][a-z0-9_]*)?$/)
    .default("")
    .describe("Before every table's name, to keep several installations in one database."),
  flushIntervalMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(250)
    .describe("Under load a table is written at most this often, ms; when idle at once."),
  flushRowsMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(50_000)
    .describe("Rows that wait before a flush begins early."),
  requestRowsMax: z.int().min(1).max(100_000).default(5_000).describe("Rows of one HTTP request."),
  requestTimeoutMs: z
    .int()
    .min(100)
    .default(10_000)
    .describe("Longest wait for the answer to one request, ms."),
  retryDeadlineMs: z
    .int()
    .min(0)
    .default(30_000)
    .describe(
      "How long a write is tried again before its caller is told that the store cannot be reached, ms.",
    ),
  applyStallMs: z
    .int()
    .min(1_000)
    .default(60_000)
    .describe("Not ready when acknowledged rows of a table have not been applied for so long, ms."),
  connectionsMax: z.int().min(1).max(64).default(4).describe("Connections that read."),
  queryRowsMax: z.int().min(1).default(10_000).describe("Most rows that one SQL query may give back."),
  queryTimeoutMs: z.int().min(100).default(60_000).describe("Longest that one read may take, ms."),
  segmentDays: days("segments and their profiles", 14),
  windowDays: days("merged windows and profiles", 1_095),
  judgementDays: days("verdicts, incidents and notifications", 1_095),
});

export type QuestDbStoreOptions = z.output<typeof questDbOptionsSchema>;
