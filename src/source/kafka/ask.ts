/**
 * Questions to the brokers outside of consuming: where partitions begin and end, what a group has committed.
 *
 * An answer is from now (kafkajs' admin client asks for metadata anew each time, so moved leaders and new partitions
 * are seen), or there is none within the deadline. After a failure the connection is thrown away with all its state.
 */
import type { Kafka } from "kafkajs";
import { withDeadline } from "../../base/deadline.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { PartitionEnd } from "../contract.ts";
import { kafkaFailure } from "./failure.ts";
import { type AdminClient, adminWithIds } from "./inner-cluster.ts";

const DEADLINE_MS = 15_000;

export class Ask {
  readonly #kafka: Kafka;
  readonly #telemetry: Telemetry;
  readonly #asksIds: boolean;
  #client: Promise<AdminClient> | undefined;
  #areIdsMissing = false;

  /** @param asksIds false where kafkajs is not the one whose inner parts are known: topic ids are then unknown. */
  constructor(kafka: Kafka, telemetry: Telemetry, asksIds: boolean) {
    this.#kafka = kafka;
    this.#telemetry = telemetry;
    this.#asksIds = asksIds;
  }

  /** Begin and end of every partition of a topic. The end is what a reader of committed records can reach. */
  async ends(topic: string): Promise<PartitionEnd[]> {
    const [offsets, logId] = await this.#ask(
      `reading the ends of topic "${topic}"`,
      async ({ admin, topicIds }) => {
        const offsets = await admin.fetchTopicOffsets(topic);
        // In this order: of a topic that is made again in between, the new id is never taken for that of the old ends.
        return [offsets, (await this.#idsOf([topic], topicIds)).get(topic)] as const;
      },
    );
    return offsets
      .map(({ partition, low, high }) => ({
        topic,
        partition,
        startOffset: Number(low),
        endOffset: Number(high),
        logId,
      }))
      .sort((a, b) => a.partition - b.partition);
  }

  /** Ids by topic, of those that have one. */
  topicIds(topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#ask("asking for topic ids", ({ topicIds }) => this.#idsOf(topics, topicIds));
  }

  /** What the group has committed, by partition; without the partitions for which there is no usable commit. */
  async commits(groupId: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const answers = await this.#ask(`reading the commits of group "${groupId}"`, ({ admin }) =>
      admin.fetchOffsets({ groupId, topics: [topic] }),
    );
    const commits = new Map<number, number>();
    for (const { partitions } of answers) {
      for (const { partition, offset } of partitions)
        if (Number(offset) >= 0) commits.set(partition, Number(offset));
    }
    return commits;
  }

  /** Throws when one of the topics is not there. Never makes one: a misspelt name would become a topic. */
  async requireTopics(topics: readonly string[]): Promise<void> {
    const known = await this.#ask("listing the topics", ({ admin }) => admin.listTopics());
    const missing = topics.filter((topic) => !known.includes(topic));
    if (missing.length > 0) throw topicsUnknown(missing);
  }

  /** Makes a topic with the brokers' own defaults, unless it is there. */
  async makeTopic(topic: string): Promise<void> {
    await this.#ask(`making topic "${topic}"`, ({ admin }) =>
      admin.createTopics({ topics: [{ topic }], waitForLeaders: true }),
    );
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.then(({ admin }) => admin.disconnect()).catch(() => {});
  }

  async #idsOf(
    topics: readonly string[],
    ask: AdminClient["topicIds"],
  ): Promise<ReadonlyMap<string, string>> {
    try {
      const ids = this.#asksIds ? await ask(topics) : undefined;
      this.#noteIds(ids !== undefined && topics.every((topic) => ids.has(topic)));
      return ids ?? new Map();
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      this.#telemetry.event(
        "error",
        "source_topic_ids_unreadable",
        "An answer about topic ids could not be read: ids are unknown, counting goes on",
      );
      this.#telemetry.log("error", "why", { error: errorText(error) });
      return new Map();
    }
  }

  /** Said once: what is not noticed for want of ids is a topic that was made again and has grown past what was read. */
  #noteIds(areKnown: boolean): void {
    if (areKnown || this.#areIdsMissing) return;
    this.#areIdsMissing = true;
    this.#telemetry.event(
      "warn",
      "source_topic_ids_missing",
      "The brokers tell no topic ids (Kafka does from 2.8 on): a topic that is deleted and made again is noticed only while it is shorter than what was read",
    );
  }

  async #ask<T>(what: string, question: (client: AdminClient) => Promise<T>): Promise<T> {
    try {
      this.#client ??= this.#connect();
      return await withDeadline(this.#client.then(question), DEADLINE_MS);
    } catch (error) {
      void this.close();
      throw kafkaFailure(what, error);
    }
  }

  async #connect(): Promise<AdminClient> {
    const client = this.#asksIds
      ? adminWithIds(this.#kafka)
      : { admin: this.#kafka.admin(), topicIds: async () => undefined };
    await client.admin.connect();
    return client;
  }
}

/** Retryable: whoever deploys may make the topics a minute later. */
function topicsUnknown(missing: readonly string[]): OperationalError {
  return new OperationalError(
    `The brokers have no topic ${missing.map((topic) => `"${topic}"`).join(", ")}, or we may not see it. Make the topic, ` +
      "correct its name in the configuration, or give us the right to read it.",
    { code: "SOURCE_TOPIC_UNKNOWN", retryable: true, context: { missing } },
  );
}
