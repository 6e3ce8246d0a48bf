import { z } from "zod";
import { durationWithin, tlsOptionsSchema } from "../client-options.ts";

const saslSchema = z.strictObject({
  mechanism: z
    .enum(["plain", "scram-sha-256", "scram-sha-512"])
    .describe("How the brokers check the password."),
  username: z.string().min(1),
  password: z.string().min(1).describe("Better from the environment than from the file."),
});

export const kafkaOptionsSchema = z
  .strictObject({
    brokers: z
      .array(z.string().regex(/^[^:\s]+:\d+$|^\[[^\]]+\]:\d+$/, 'must be "host:port"'))
      .min(1)
      .describe(
        "Brokers to ask for the cluster, as host:port; two or three, so that one may be away at the start.",
      ),
    topics: z
      .array(z.string().min(1).max(249))
      .min(1)
      .describe("Topics to read. Every partition is read; new partitions are found while running."),
    groupId: z
      .string()
      .min(1)
      .default("lanewatch")
      .describe("Consumer group. Processes with the same group share the partitions."),
    clientId: z
      .string()
      .min(1)
      .default("lanewatch")
      .describe("How we call ourselves in the brokers' logs and quotas."),
    ssl: z
      .union([z.boolean(), tlsOptionsSchema("the brokers'")])
      .default(false)
      .describe("TLS to the brokers: true with the system's authorities, or files of our own."),
    sasl: saslSchema.optional().describe("Name and password for the brokers. Use it with ssl."),
    sessionTimeout: durationWithin("30s", 500, 1_800_000).describe(
      "How long a process may be silent before its partitions go to others. Shorter finds a dead process sooner, but a stopped one (garbage collection, a busy machine) is taken for dead.",
    ),
    maxBytes: z
      .int()
      .min(65_536)
      .max(268_435_456)
      .default(8_388_608)
      .describe(
        "Most bytes that one fetch brings, over all partitions of a broker; bounds memory. A single larger record still comes.",
      ),
    fetchWait: durationWithin("500ms", 10, 10_000).describe(
      "How long a broker may hold a fetch when it has nothing new. Longer costs the brokers less while idle, and delays a stop.",
    ),
    deadLetterTopic: z
      .string()
      .min(1)
      .max(249)
      .optional()
      .describe(
        'Where records go that cannot be counted as data, with the reason in their headers. Default: "<topic>.dead-letter" for each topic. Made when it is missing.',
      ),
  })
  .refine((options) => !options.topics.includes(options.deadLetterTopic ?? ""), {
    message:
      "must not be one of the topics that are read: every dead letter would be read, and be a dead letter again",
    path: ["deadLetterTopic"],
  });

export type KafkaOptions = z.output<typeof kafkaOptionsSchema>;
